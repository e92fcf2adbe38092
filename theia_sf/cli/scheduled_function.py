"""The scheduled function as a part of a stack: what `workload-identity lambda` does with --deploy and --remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from theia_sf.cli.output import OutputFormat

if TYPE_CHECKING:
    from theia_sf.cli.provisioning import StackFlags, Target
    from theia_sf.provision.outputs import PipelineOutputs
    from theia_sf.provision.request import FunctionRequest
    from theia_sf.scheduled.bundle.build import Bundle
    from theia_sf.scheduled.bundle.target import Architecture
    from theia_sf.scheduled.plan import ScheduledJob
    from theia_sf.snowflake.sign_in import SignIn

_ROWS = {
    "function_name": "Function Name",
    "function_arn": "Function ARN",
    "function_role_arn": "Function Role ARN",
    "function_user": "Snowflake User",
    "results": "Results",
}


def deploy(
    flags: StackFlags,
    sign_in: SignIn,
    *,
    directory: Path | None,
    machine: Architecture,
    jobs: tuple[ScheduledJob, ...],
    timeout: int,
    output: OutputFormat,
) -> None:
    """Build the function, into `directory` or a temporary folder, make it a part of the stack, and print its names."""
    import tempfile
    from contextlib import nullcontext

    from theia_sf.cli import console
    from theia_sf.cli.output import render, write
    from theia_sf.scheduled.bundle.build import build

    target = _target(flags, sign_in)  # before the minutes that building may take
    place = nullcontext(directory) if directory else tempfile.TemporaryDirectory(prefix="theia-sf-lambda-")
    with place as folder:
        bundle = build(Path(folder), architectures=(machine,), jobs=jobs, timeout=timeout, on_progress=console.note)
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


def remove(flags: StackFlags, sign_in: SignIn, *, yes: bool) -> None:
    """Ask, and take the function out of the stack again."""
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
