"""`theia-sf workload-identity lambda`: the analyses as an AWS Lambda function that signs in as its own role."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from theia_sf.cli import options, scheduled_function
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack_and_key
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.cli.workload_identity import group
from theia_sf.errors import UsageError
from theia_sf.scheduled.bundle.target import DEFAULT_TIMEOUT, MAX_TIMEOUT, Architecture

if TYPE_CHECKING:
    from theia_sf.scheduled.bundle.build import Bundle
    from theia_sf.scheduled.plan import ScheduledJob

_BOTH = "both"


class Analysis(StrEnum):
    """The values of `--job`: the jobs of `theia_sf.scheduled.jobs` that are worth a schedule."""

    DROP_DETECTION = "drop-detection"
    POLICY_RECOMMENDATION = "policy-recommendation"


_FILE_COLUMNS = {"file": "File", "size": "Bytes", "unzipped": "Bytes unzipped", "purpose": "What it is"}


@with_sign_in
@with_stack_and_key
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
    *,
    stack: StackFlags,
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
    from theia_sf.scheduled.jobs import Job
    from theia_sf.scheduled.plan import plan_jobs

    _check_flags(directory, architecture, deploy=deploy, remove=remove)
    if remove:
        scheduled_function.remove(stack, sign_in, yes=yes)
        return
    jobs = plan_jobs([Job(one.value) for one in job or ()], schedule or (), option or ())
    if architecture is None:
        architecture = "arm64" if deploy else _BOTH
    machines = tuple(Architecture) if architecture == _BOTH else (Architecture(architecture),)
    if deploy:
        scheduled_function.deploy(
            stack, sign_in, directory=directory, machine=machines[0], jobs=jobs, timeout=timeout, output=output
        )
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


def register(_app: typer.Typer) -> None:
    """Add the command to the group `workload-identity`."""
    group.command("lambda")(lambda_)
