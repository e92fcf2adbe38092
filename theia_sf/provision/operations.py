"""The four verbs on a pipeline: onboard, plan, offboard, read_outputs.

Each first looks at everything that can be wrong (credentials, region, bucket, key, Snowflake login, lock, whose key the
state is under) without touching anything, so that a mistake costs one sentence and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from theia_sf import logs
from theia_sf.errors import TheiaError, UsageError
from theia_sf.provision import function_code
from theia_sf.provision.backend import Backend, open_backend
from theia_sf.provision.backups import back_up, remove_backups
from theia_sf.provision.keys import PASSPHRASE, passphrase_is_empty
from theia_sf.provision.locks import require_unlocked
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.own_users import own_users
from theia_sf.provision.plan import Plan, plan_of
from theia_sf.provision.preparation import Ready, prepare
from theia_sf.provision.progress import Note, Progress, ignore
from theia_sf.provision.repair import repair
from theia_sf.provision.request import StackRequest
from theia_sf.provision.stack_options import StackOptions
from theia_sf.provision.state import State, read_state

if TYPE_CHECKING:
    from theia_sf.provision.stack import PipelineStack

ONBOARD, PLAN, OFFBOARD = "onboard", "plan", "offboard"
Program = Callable[[], Any]
# Around an update that makes the pipe anew: before, it pauses and drains the old one; after, it loads what is left.
PipeUpgrade = Callable[[StackRequest, PipelineOutputs], AbstractContextManager[None]]
# Told of the outputs that the stack has so far, None for one that was never onboarded to the end.
OnReady = Callable[[PipelineOutputs | None], None]

_engine_log = logging.getLogger("theia_sf.provision.engine")


def onboard(
    request: StackRequest,
    on_progress: Progress = ignore,
    *,
    program: Program | None = None,
    pipe_upgrade: PipeUpgrade | None = None,
    on_ready: OnReady | None = None,
) -> PipelineOutputs:
    """Makes the pipeline, or brings an existing one to what this version of theia-sf declares.

    Objects that were deleted or changed by hand are restored; running it again changes nothing.

    Args:
        request: which stack, and how to reach everything.
        on_progress: called with each event, also from other threads.
        program: the Pulumi program; the pipeline's by default.
        pipe_upgrade: goes around an update that makes the pipe of an existing stack anew, so that no file is lost
            or loaded twice: a new pipe knows nothing of the files that were loaded before it.
        on_ready: called once everything was checked, before anything is made.

    Raises:
        StateLockedError: another operation is under way, or was killed.
        InterruptedByUserError: Ctrl-C; says what to do next.
        ConnectionFailedError, UsageError: as `prepare`.
        TheiaError: the engine or a provider failed.
    """
    ready = prepare(request)
    require_unlocked(ready.backend)
    known = ready.outputs
    if request.function is not None and known is None:
        msg = f"The stack {request.stack_name} was not onboarded yet, and the function belongs into its bucket."
        raise UsageError(msg, hint="Run theia-sf onboard before it.")
    if on_ready is not None:
        on_ready(known)
    _warn_of_passphrase(ready, on_progress)
    with _repeated(request), _open(request, ready, program, on_progress, ONBOARD) as stack:
        around: AbstractContextManager[None] = nullcontext()
        if ready.state is not None:
            back_up(ready.backend)
            _repair(request, stack, ready, on_progress)
        if known is not None:
            _upload(request, ready, known, on_progress)
            if pipe_upgrade is not None and _plan(stack).makes_pipe:
                around = pipe_upgrade(request, known)
        with around:
            events = stack.up()
    if known is not None and (request.function is not None or request.remove_function):
        function_code.remove_others(ready.options.function, known.bucket_name, known.region)
    on_progress(Note(plan_of(events.steps, len(events.same)).report()))
    return read_outputs(request)


def plan(request: StackRequest, on_progress: Progress = ignore, *, program: Program | None = None) -> Plan:
    """What `onboard` would change, objects deleted by hand included; takes no lock and leaves the state as it is.

    Raises: as `onboard`.
    """
    ready = prepare(request)
    with _open(request, ready, program, on_progress, PLAN) as stack:
        return _plan(stack)


def offboard(request: StackRequest, on_progress: Progress = ignore, *, program: Program | None = None) -> None:
    """Deletes everything the stack made, its data included, then the stack with its history and backups.

    Raises:
        UsageError: there is no such stack; else as `onboard`.
    """
    ready = prepare(request)
    if ready.state is None:
        raise no_stack(ready.backend)
    require_unlocked(ready.backend)
    with _open(request, ready, program, on_progress, OFFBOARD) as stack:
        back_up(ready.backend)
        _repair(request, stack, ready, on_progress)
        events = stack.destroy()
        stack.remove()
    remove_backups(ready.backend)
    on_progress(Note(plan_of(events.steps, 0).report()))


def what_offboard_loses(request: StackRequest) -> str:
    """The question to ask before `offboard`, naming what will be lost; reads the state.

    Raises:
        UsageError: there is no such bucket or stack.
    """
    state = _existing(request)
    bucket, database = state.outputs.get("bucket_name"), state.outputs.get("database_name")
    results = " and results" if StackOptions.from_outputs(state.outputs).function else ""
    flows = f", with all flows{results} in the bucket {bucket} and in the database {database}" if database else ""
    return f"Delete the {len(state.resources)} resources of stack {request.stack_name}{flows}?"


def read_outputs(request: StackRequest) -> PipelineOutputs:
    """The outputs of the stack, out of its state alone: needs neither the engine nor the key nor Snowflake.

    Raises:
        UsageError: no such bucket or stack.
        ConnectionFailedError: AWS not reached, or the credentials refused.
        TheiaError: the stack's onboarding never finished.
    """
    return PipelineOutputs.from_outputs(_existing(request).outputs)


def read_stack(request: StackRequest) -> tuple[PipelineOutputs, StackOptions]:
    """The outputs and the options of the stack, out of one reading of its state.

    Raises: as `read_outputs`.
    """
    outputs = _existing(request).outputs
    return PipelineOutputs.from_outputs(outputs), StackOptions.from_outputs(outputs)


def no_stack(backend: Backend) -> UsageError:
    """The error for a stack that is not there."""
    where = f"s3://{backend.bucket}/{backend.prefix}".rstrip("/")
    return UsageError(f"There is no stack {backend.stack} in {where}.", hint="theia-sf onboard makes one.")


def _existing(request: StackRequest) -> State:
    backend = open_backend(request)
    state = read_state(backend)
    if state is None:
        raise no_stack(backend)
    return state


@contextmanager
def _open(
    request: StackRequest, ready: Ready, program: Program | None, on_progress: Progress, command: str
) -> Generator[PipelineStack]:
    # Pulumi and the SDKs of the providers cost seconds to import.
    from theia_sf.provision.stack import open_stack  # noqa: PLC0415

    if program is None:
        from theia_sf_infra.pipeline import program as pipeline  # noqa: PLC0415

        program = pipeline
    create = ready.state is None
    # A stack that does not exist yet is planned in a folder that is thrown away.
    backend = None if create and command == PLAN else ready.backend
    with open_stack(
        request,
        program,
        on_progress,
        command=command,
        backend=backend,
        secrets=None if backend is None else ready.secrets,
        create=create,
        stack_options=ready.options,
        snowflake_account=ready.snowflake_account,
        stream=_engine_log.info if logs.verbosity() >= logs.STREAM_ENGINE else None,
    ) as stack:
        yield stack


@contextmanager
def _repeated(request: StackRequest) -> Generator[None]:
    """Adds to the hint of an operation that failed that its options are not remembered."""
    try:
        yield
    except TheiaError as error:
        if error.hint is not None and request.to_repeat:
            error.hint += f" {request.to_repeat}"
        raise


def _upload(request: StackRequest, ready: Ready, known: PipelineOutputs, on_progress: Progress) -> None:
    if request.function is not None and ready.options.function is not None:
        function_code.upload(request.function, ready.options.function, known.bucket_name, known.region, on_progress)


def _plan(stack: PipelineStack) -> Plan:
    quiet = replace(stack, progress=ignore)
    events = quiet.preview()
    return plan_of(events.steps, len(events.same))


def _repair(request: StackRequest, stack: PipelineStack, ready: Ready, on_progress: Progress) -> None:
    if ready.state is None or not ready.state.pending:
        return
    on_progress(Note("The last operation was cut off: looking at what it may have left behind"))
    caller, is_own = ready.caller, own_users(request.snowflake)
    stack.replace_deployment(lambda deployment: repair(deployment, caller.partition, caller.account, is_own))


def _warn_of_passphrase(ready: Ready, on_progress: Progress) -> None:
    if passphrase_is_empty(ready.secrets):
        text = f"The stack's secrets are encrypted with an empty passphrase: use --key-id, or set {PASSPHRASE}."
        on_progress(Note(text, "warning"))
