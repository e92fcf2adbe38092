"""One stack under the Automation API: open it, preview, update, destroy; every failure as a TheiaError."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pulumi import automation
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from theia_sf.errors import InterruptedByUserError
from theia_sf.provision.backend import Backend
from theia_sf.provision.diagnostics import failure
from theia_sf.provision.engine import Engine
from theia_sf.provision.environment import engine_environment, without_credentials
from theia_sf.provision.interrupts import Interrupts
from theia_sf.provision.locks import locked, read_locks, release_of, unlock_command
from theia_sf.provision.noise import silence_sdk
from theia_sf.provision.progress import EventReader, Note, Progress
from theia_sf.provision.pulumi_cli import find_or_install
from theia_sf.provision.request import PROJECT, StackRequest
from theia_sf.provision.stack_options import StackOptions
from theia_sf.provision.state import SecretsProvider
from theia_sf.provision.watchdog import Watchdog

Program = Callable[[], Any]
Stream = Callable[[str], None]


@dataclass
class PipelineStack:
    """An open stack. Every method may raise StateLockedError, InterruptedByUserError and TheiaError.

    Attributes:
        backend: where the state lives; None for a stack that exists for one preview only.
        command: the theia-sf command at work, for errors and for how to go on after them.
        stream: called with each line that the engine writes, if anyone wants to see them.
    """

    stack: automation.Stack
    backend: Backend | None
    interrupts: Interrupts
    progress: Progress
    command: str
    stream: Stream | None = None

    def preview(self) -> EventReader:
        """What an update would do, objects changed or deleted by hand included; takes no lock and saves nothing."""
        with self._operation() as events:
            self.stack.preview(refresh=True, on_event=events, on_output=self.stream, color="never")
        return events

    def up(self) -> EventReader:
        """Reads every resource anew, then makes the clouds as the program says."""
        with self._operation() as events:
            self.stack.up(refresh=True, on_event=events, on_output=self.stream, color="never", suppress_outputs=True)
        return events

    def destroy(self) -> EventReader:
        """Deletes every resource of the stack."""
        with self._operation() as events:
            self.stack.destroy(
                refresh=True, on_event=events, on_output=self.stream, color="never", suppress_outputs=True
            )
        return events

    def remove(self) -> None:
        """Removes the emptied stack with its history."""
        with self._operation():
            self.stack.workspace.remove_stack(self.stack.name)

    def replace_deployment(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Exports the state, lets `change` edit its deployment in place, and imports it again."""
        with self._operation():
            exported = self.stack.export_stack()
            deployment: dict[str, Any] = dict(exported.deployment or {})
            change(deployment)
            self.stack.import_stack(automation.Deployment(version=exported.version, deployment=deployment))

    @contextmanager
    def _operation(self) -> Generator[EventReader]:
        events = EventReader(self.progress)
        try:
            with without_credentials():
                yield events
        except KeyboardInterrupt:  # between two commands of the engine
            raise self._interrupted(events) from None
        except ConcurrentUpdateError as error:
            if self.backend is None:
                raise
            raise locked(self.backend, read_locks(self.backend)) from error
        except CommandError as error:
            if self.interrupts.count:
                raise self._interrupted(events) from None
            raise failure(self.command, events.errors, _stderr(error)) from error
        if self.interrupts.count:  # the signal came when the engine had nothing left to do
            raise self._interrupted(events)

    def _interrupted(self, events: EventReader) -> InterruptedByUserError:
        return interrupted(self.command, self.backend, self.interrupts, events.unfinished())


def interrupted(
    command: str, backend: Backend | None, interrupts: Interrupts, unfinished: list[str]
) -> InterruptedByUserError:
    """The error for an operation that was stopped; releases the lock of an engine that died of the first signal."""
    again = f"theia-sf {command}"
    if backend is not None and interrupts.killed:
        left = f"; not recorded, so perhaps done, perhaps not: {', '.join(unfinished)}" if unfinished else ""
        msg = f"Stopped at once: the state's lock may be left{left}."
        return InterruptedByUserError(
            msg, hint=f"Run {unlock_command(backend)}, then {again} again: it looks at what is really there."
        )
    if backend is not None:
        release_of(backend, interrupts.last_pid)
    return InterruptedByUserError(
        "Interrupted: the state is saved and no lock is left.", hint=f"Run {again} again to go on from here."
    )


class _Workspace(automation.LocalWorkspace):
    """A workspace that leaves out what the SDK would do besides: it saves three runs of the engine an operation.

    No stack is selected: every command names its own, and a selection is a file in Pulumi's home for each working
    directory, which here are temporary. No outputs are asked for: whoever wants them reads the state, without secrets.
    """

    def create_stack(self, stack_name: str) -> None:
        """Creates a stack without selecting it."""
        provider = ["--secrets-provider", self.secrets_provider] if self.secrets_provider else []
        self.pulumi_command.run(["stack", "init", stack_name, "--no-select", *provider], self.work_dir, self.env_vars)

    def select_stack(self, stack_name: str) -> None:
        """Does nothing: whoever opens an existing stack has read its state."""

    def stack_outputs(self, stack_name: str) -> automation.OutputMap:  # noqa: ARG002  the base class has it
        """Nothing: see above."""
        return {}


@contextmanager
def open_stack(
    request: StackRequest,
    program: Program,
    progress: Progress,
    *,
    command: str,
    backend: Backend | None,
    secrets: SecretsProvider | None,
    create: bool,
    stack_options: StackOptions | None = None,
    snowflake_account: str | None = None,
    stream: Stream | None = None,
) -> Generator[PipelineStack]:
    """Opens a stack for as long as the context lasts; signals go to the engine meanwhile.

    Args:
        request: names, region and credentials.
        program: the Pulumi program.
        progress: called with each event, also from other threads.
        command: the theia-sf command at work.
        backend: None for a preview of a stack that does not exist: its state is then a local folder, thrown away.
        secrets: those of the existing state, else those to create the stack with; None for a passphrase.
        create: whether the stack is to be created.
        stack_options: what the stack is to be made with; the defaults for an operation that runs no program.
        snowflake_account: the account that was signed in to, for the stack to remember.
        stream: called with each line that the engine writes.

    Raises:
        InterruptedByUserError: Ctrl-C while the stack was being opened.
        TheiaError: no Pulumi CLI was found or could be downloaded, or the engine could not open the stack.
    """

    def stopping() -> None:
        progress(Note("Stopping: Pulumi finishes the resource at hand and saves the state (Ctrl-C again: at once)"))

    found = find_or_install(lambda text: progress(Note(text)))
    folder = tempfile.mkdtemp(prefix="theia-sf-")
    silence_sdk()
    watchdog = Watchdog()
    interrupts = Interrupts(stopping)
    try:
        url = f"file://{folder}" if backend is None else backend.url
        with interrupts:
            options = automation.LocalWorkspaceOptions(
                work_dir=folder,
                program=program,
                pulumi_command=Engine(found.binary, found.version, interrupts, watchdog),
                env_vars=engine_environment(request, url),
                secrets_provider=secrets.url if secrets is not None else None,
                project_settings=automation.ProjectSettings(name=PROJECT, runtime="python"),
                stack_settings={request.stack_name: _settings(request, stack_options, secrets, snowflake_account)},
            )
            workspace = _Workspace(**vars(options))
            mode = automation.Stack.create if create else automation.Stack.select
            try:
                stack = mode(request.stack_name, workspace)
            except KeyboardInterrupt:
                raise interrupted(command, backend, interrupts, []) from None
            except CommandError as error:
                if interrupts.count:
                    raise interrupted(command, backend, interrupts, []) from None
                raise failure(command, [], _stderr(error)) from error
            yield PipelineStack(stack, backend, interrupts, progress, command, stream)
    finally:
        watchdog.close()
        shutil.rmtree(folder, ignore_errors=True)


def _settings(
    request: StackRequest,
    options: StackOptions | None,
    secrets: SecretsProvider | None,
    snowflake_account: str | None,
) -> automation.StackSettings:
    """What `Pulumi.<stack>.yaml` would hold: the configuration, and how the state's secrets are encrypted.

    Without the encrypted data key or the salt of the existing state Pulumi would make up new ones, and could not read
    the state's secrets any more.
    """
    given = [user.name for user in request.service_users]
    config = {f"{PROJECT}:region": request.region} | (options or StackOptions()).config(given)
    if snowflake_account:
        config[f"{PROJECT}:snowflake-account"] = snowflake_account
    known = secrets or SecretsProvider()
    return automation.StackSettings(
        secrets_provider=known.url, encrypted_key=known.encrypted_key, encryption_salt=known.salt, config=config
    )


def _stderr(error: CommandError) -> str:
    """What the engine wrote to stderr: the SDK's error keeps it in its text only (`CommandResult.__str__`)."""
    return str(error).partition("\n stderr: ")[2]
