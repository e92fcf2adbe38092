"""`theia-sf workload-identity lambda`: the analyses as an AWS Lambda function that signs in as its own role."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.cli.workload_identity import group
from theia_sf.errors import UsageError
from theia_sf.scheduled.bundle.target import DEFAULT_TIMEOUT, MAX_TIMEOUT, Architecture

if TYPE_CHECKING:
    from theia_sf.cli.provisioning import StackFlags, Target
    from theia_sf.provision.outputs import PipelineOutputs
    from theia_sf.provision.request import FunctionRequest
    from theia_sf.scheduled.bundle.build import Bundle
    from theia_sf.scheduled.plan import ScheduledJob

_BOTH = "both"


class Analysis(StrEnum):
    """The values of `--job`: the jobs of `theia_sf.scheduled.jobs` that are worth a schedule."""

    DROP_DETECTION = "drop-detection"
    POLICY_RECOMMENDATION = "policy-recommendation"


_ROWS = {
    "function_name": "Function Name",
    "function_arn": "Function ARN",
    "function_role_arn": "Function Role ARN",
    "function_user": "Snowflake User",
    "results": "Results",
}
_FILE_COLUMNS = {"file": "File", "size": "Bytes", "unzipped": "Bytes unzipped", "purpose": "What it is"}


@with_sign_in
def lambda_(  # noqa: PLR0917 (Typer calls with keywords)
    directory: Annotated[
        Path | None,
        typer.Option("--output", "--output-dir", "-o", metavar="DIR", help="Folder to build into.", show_default=False),
    ] = None,
    architecture: Annotated[
        Literal["arm64", "x86_64", "both"] | None,
        typer.Option(
            "--architecture", help="Machine that the function runs on.", show_default="both; with --deploy arm64"
        ),
    ] = None,
    job: Annotated[
        list[Analysis] | None,
        typer.Option(
            "--job",
            metavar="drop-detection|policy-recommendation",
            help="Analysis to run; may be repeated.",
            show_default="both",
        ),
    ] = None,
    schedule: Annotated[
        list[str] | None,
        typer.Option(
            "--schedule",
            metavar="EXPRESSION",
            help="When to run, in UTC: 'rate(1 day)', 'cron(0 6 * * ? *)'. Once for all jobs, or once for each --job.",
            show_default="rate(1 day)",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="Option of the jobs' commands, such as start=now-30d; may be repeated.",
            show_default="those commands' defaults",
        ),
    ] = None,
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, max=MAX_TIMEOUT, help="Seconds that a run may take.")
    ] = DEFAULT_TIMEOUT,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Make the function a part of the stack, or bring it up to date.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the function out of the stack again.")] = False,
    yes: options.Yes = False,
    region: options.Region = None,
    stack_name: options.StackName = None,
    bucket_name: options.BucketName = None,
    bucket_prefix: options.BucketPrefix = None,
    bucket_region: options.BucketRegion = None,
    key_id: options.KeyId = None,
    key_region: options.KeyRegion = None,
    *,
    sign_in: SignIn,
    output: Annotated[
        OutputFormat,
        typer.Option("--format", envvar="THEIA_SF_OUTPUT", help="How to print the result.", case_sensitive=False),
    ] = OutputFormat.TABLE,
) -> None:
    """Run the analyses on a schedule, as an AWS Lambda function that signs in to Snowflake as its own role.

    With --output it builds everything that is needed to deploy the function by other means, and says how: the code,
    what it imports (for both machines that Lambda has), a CloudFormation template, and a README. This needs no account.

    With --deploy the function becomes a part of the stack: with a role of its own, a Snowflake user bound to that role
    who may read the flows and nothing else, and its schedules. The results go to the folder results/ of the stack's
    bucket. Run it again to change the function; a plain onboard keeps it.

    \b
    theia-sf workload-identity lambda --output function/
    theia-sf workload-identity lambda --deploy --job drop-detection --schedule 'cron(0 6 * * ? *)' \\
      --option start=now-30d
    """
    from theia_sf.cli.provisioning import StackFlags
    from theia_sf.scheduled.jobs import Job
    from theia_sf.scheduled.plan import plan_jobs

    _check_flags(directory, architecture, deploy=deploy, remove=remove)
    flags = StackFlags(region, stack_name, bucket_name, bucket_prefix, bucket_region, key_id, key_region)
    if remove:
        _remove(flags, sign_in, yes=yes)
        return
    jobs = plan_jobs([Job(one.value) for one in job or ()], schedule or (), option or ())
    if architecture is None:
        architecture = "arm64" if deploy else _BOTH
    machines = tuple(Architecture) if architecture == _BOTH else (Architecture(architecture),)
    if deploy:
        _deploy(flags, sign_in, directory, machines[0], jobs, timeout, output)
    else:
        assert directory is not None  # noqa: S101 (_check_flags)
        _print_bundle(_build(directory, machines, jobs, timeout), output)


def _check_flags(directory: Path | None, architecture: str | None, *, deploy: bool, remove: bool) -> None:
    if deploy and remove:
        message = "--deploy and --remove exclude each other."
        raise UsageError(message)
    if remove and directory is not None:
        message = "--remove builds nothing, so it takes no --output."
        raise UsageError(message)
    if not (deploy or remove or directory):
        message = "It is not said what to do with the function."
        raise UsageError(message, hint="Add --output DIR to build it, or --deploy to deploy it.")
    if deploy and architecture == _BOTH:
        message = "A function runs on one machine."
        raise UsageError(message, hint="Add --architecture arm64 or --architecture x86_64.")


def _build(directory: Path, machines: tuple[Architecture, ...], jobs: tuple[ScheduledJob, ...], timeout: int) -> Bundle:
    from theia_sf.cli import console
    from theia_sf.scheduled.bundle.build import build

    return build(directory, architectures=machines, jobs=jobs, timeout=timeout, on_progress=console.note)


def _print_bundle(bundle: Bundle, output: OutputFormat) -> None:
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.scheduled.bundle.target import MAX_UNZIPPED

    purposes = {
        bundle.function_zip: "the handler, theia_sf.scheduled.handler",
        **{path: f"what it imports, for {one}" for one, path in bundle.layers.items()},
        bundle.requirements: "the packages in the layers, with exact versions",
        bundle.template: "CloudFormation template",
        bundle.readme: "how to deploy it, and the Snowflake user that it needs",
    }
    rows = [
        {
            "file": str(path),
            "size": path.stat().st_size,
            "unzipped": bundle.sizes.get(path.name),
            "purpose": purpose,
        }
        for path, purpose in purposes.items()
    ]
    render(rows, output, columns=_FILE_COLUMNS)
    for one in bundle.layers:
        size = bundle.unzipped(one)
        console.note(
            f"Function and layer for {one}: {size / 1_000_000:.1f} MB unzipped,"
            f" of the {MAX_UNZIPPED / 1_000_000:.1f} MB (250 MiB) that Lambda allows."
        )


def _deploy(  # noqa: PLR0917 (as the command has options)
    flags: StackFlags,
    sign_in: SignIn,
    directory: Path | None,
    machine: Architecture,
    jobs: tuple[ScheduledJob, ...],
    timeout: int,
    output: OutputFormat,
) -> None:
    import tempfile
    from contextlib import nullcontext

    from theia_sf.cli.output import render, write

    target = _target(flags, sign_in)  # before the minutes that building may take
    place = nullcontext(directory) if directory else tempfile.TemporaryDirectory(prefix="theia-sf-lambda-")
    with place as folder:
        bundle = _build(Path(folder), (machine,), jobs, timeout)
        outputs = _onboard(target, _request(bundle, machine, jobs, timeout))
    result = _result(outputs)
    render(result, output, columns=_ROWS)
    if output is OutputFormat.TABLE:
        write(f"To try it:\n\n    {result['invoke']}")


def _request(bundle: Bundle, machine: Architecture, jobs: tuple[ScheduledJob, ...], timeout: int) -> FunctionRequest:
    from theia_sf.provision.request import FunctionRequest, Schedule
    from theia_sf.scheduled.bundle.target import DEFAULT_MEMORY, RUNTIME

    return FunctionRequest(
        function_zip=bundle.function_zip,
        layer_zip=bundle.layers[machine],
        architecture=machine.value,
        schedules=tuple(Schedule(one.job.value, one.expression, one.event_json) for one in jobs),
        timeout_seconds=timeout,
        runtime=RUNTIME,
        memory_megabytes=DEFAULT_MEMORY,
    )


def _result(outputs: PipelineOutputs) -> dict[str, Any]:
    from theia_sf.scheduled.results import DEFAULT_PREFIX

    payload = '{"job": "current-user"}'
    return {
        "function_name": outputs.function_name,
        "function_arn": outputs.function_arn,
        "function_role_arn": outputs.function_role_arn,
        "function_user": outputs.function_user,
        "results": f"s3://{outputs.bucket_name}/{DEFAULT_PREFIX}/",
        "invoke": f"aws lambda invoke --region {outputs.region} --function-name {outputs.function_name}"
        f" --cli-binary-format raw-in-base64-out --payload '{payload}' /dev/stdout",
    }


def _remove(flags: StackFlags, sign_in: SignIn, *, yes: bool) -> None:
    from theia_sf.cli import console

    target = _target(flags, sign_in)
    stack = target.request.stack_name
    console.confirm(
        f"Delete the function of stack {stack}, with its log and its Snowflake user? Its results stay.",
        yes=yes,
        needs_yes=target.from_context,
    )
    _onboard(target, None)
    console.note(f"The stack {stack} has no scheduled function any more.")


def _target(flags: StackFlags, sign_in: SignIn) -> Target:
    from theia_sf.cli.provisioning import find_target
    from theia_sf.snowflake.settings import resolve

    return find_target(flags, resolve(sign_in))


def _onboard(target: Target, function: FunctionRequest | None) -> PipelineOutputs:
    """Brings the stack up to date with this function, or without one."""
    from dataclasses import replace

    from theia_sf.cli.progress import ProgressDisplay
    from theia_sf.ingestion.upgrade import pipe_upgrade
    from theia_sf.provision import operations

    request = replace(target.request, function=function, remove_function=function is None)
    with ProgressDisplay() as progress:
        return operations.onboard(request, progress, pipe_upgrade=pipe_upgrade)


def register(_app: typer.Typer) -> None:
    """Add the command to the group `workload-identity`."""
    group.command("lambda")(lambda_)
