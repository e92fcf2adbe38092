"""The `theia-sf` program: its commands, and the one place that prints errors and sets the exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from typing import Annotated, Any, Final

import typer

from theia_sf import logs
from theia_sf.cli.compatibility import original_spellings
from theia_sf.cli.output import sanitize
from theia_sf.errors import ExitCode, TheiaError
from theia_sf.secret import redact

PROGRAM: Final = "theia-sf"

# In the order of the help. Each module defines register(app) and imports what is heavy inside its functions, so that
# the help, completion and usage errors do not wait for boto3, pulumi or the Snowflake connector.
COMMAND_MODULES: Final = (
    "create_bucket",
    "delete_bucket",
    "create_kms_key",
    "delete_kms_key",
    "onboard",
    "offboard",
    "plan",
    "unlock",
    "context",
    "status",
    "doctor",
    "keypair",
    "workload_identity",
    "workload_identity_lambda",
    "receive_sqs_message",
    "ingestion",
    "policy_recommendation",
    "drop_detection",
    "flows",
    "report",
    "credentials",
    "grafana",
    "proxy",
    "sandbox",
    "sandbox_sign_in",
    "demo",
    "version",
)

# Plain help and errors (no rich markup): importing rich would triple the time that --help takes.
app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 120},
)

_debug = False


def _print_version(value: bool) -> None:
    if value:
        from theia_sf.cli.version import version_line

        typer.echo(version_line())
        raise typer.Exit


@app.callback()
def _program(
    verbosity: Annotated[
        int,
        typer.Option(
            "--verbosity",
            "-v",
            min=0,
            max=127,
            envvar="THEIA_SF_VERBOSITY",
            help="Log verbosity; from 2 on, Pulumi's progress.",
        ),
    ] = 0,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="THEIA_SF_DEBUG", help="Show a traceback when something fails.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Network flow visibility for Kubernetes clusters that run Antrea, on AWS and Snowflake.

    You bring a Snowflake account and an AWS account; theia-sf sets up everything between the flow records that
    Antrea's Flow Aggregator uploads to S3 and a Snowflake database, analyses the flows there, and takes it all down
    again.

    \b
    1. Make AWS credentials available, as for the AWS CLI.
    2. Export your Snowflake connection: SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and a private key (or --connection NAME).
    3. theia-sf create-bucket, and theia-sf create-kms-key: where the state is kept, and what encrypts it.
    4. theia-sf onboard --bucket-name BUCKET --key-id KEY
    5. theia-sf policy-recommendation > policies.yml

    To try it without any account: theia-sf demo
    """
    global _debug  # noqa: PLW0603 (read by main() after Typer's context is gone)
    _debug = debug
    logs.configure(verbosity)


for _module in COMMAND_MODULES:
    importlib.import_module(f"theia_sf.cli.{_module}").register(app)


def main() -> None:
    """Run the program on `sys.argv` and exit with one of `theia_sf.errors.ExitCode`."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:] or ["--help"]))


def run(arguments: list[str]) -> int:
    """Run one command line; print its error, if any, on stderr; return the exit code."""
    try:
        code = app(args=original_spellings(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as stop:  # Typer's own way out when the reader of stdout is gone
        return stop.code if isinstance(stop.code, int) else ExitCode.FAILED
    except BrokenPipeError:
        return _closed_pipe()
    except (Exception, KeyboardInterrupt) as error:  # whatever happens, the user gets one sentence
        return _report(error)
    if code == ExitCode.INTERRUPTED:  # Typer turns KeyboardInterrupt into this
        return _fail("Interrupted.", None, ExitCode.INTERRUPTED)
    return code if isinstance(code, int) else ExitCode.OK


def _report(error: BaseException) -> int:
    if isinstance(error, TheiaError):
        return _fail(error.message, error.hint, error.exit_code)
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return _fail("Interrupted.", None, ExitCode.INTERRUPTED)
    if isinstance(error, typer.TyperException):
        return _usage_error(error)
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    hint = "This is a fault in theia-sf. Run it with --debug for the details to report."
    return _fail(f"Unexpected {type(error).__name__}: {first_line}", hint, ExitCode.FAILED)


def _fail(message: str, hint: str | None, code: int) -> int:
    if _debug:
        print(redact(traceback.format_exc()), file=sys.stderr)  # noqa: T201 (the one place that prints errors)
    print(f"Error: {sanitize(redact(message))}", file=sys.stderr)  # noqa: T201 (as above)
    if hint:
        print(f"Hint: {sanitize(redact(hint))}", file=sys.stderr)  # noqa: T201 (as above)
    return int(code)


def _usage_error(error: typer.TyperException) -> int:
    message = error.format_message()
    if message.startswith("Usage: "):  # a command group that was called without a command: the message is its help
        print(message, file=sys.stderr)  # noqa: T201 (as above)
        return ExitCode.USAGE
    context: Any = getattr(error, "ctx", None)
    command = context.command_path if context is not None else PROGRAM
    sentence = " ".join(message.replace("Value error, ", "").split())
    return _fail(sentence, f"`{command} --help` shows how to call it.", error.exit_code)


def _closed_pipe() -> int:
    """End quietly when the reader of stdout (`| head`) has gone; what is still buffered goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.FAILED


def _terminate(_signal: int, _frame: object) -> None:
    """Treat SIGTERM as Ctrl-C: hand it to whoever handles SIGINT at the time."""
    if signal.getsignal(signal.SIGINT) in {signal.SIG_IGN, signal.SIG_DFL}:  # started in the background by a shell
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
