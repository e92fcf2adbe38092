"""`theia-sf proxy`: the Snowflake access proxy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import proxy_audit, proxy_client, proxy_sessions, proxy_users
from theia_sf.cli.options import DatabaseName, Output
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.proxy_options import ConfigPath, configuration, require_server, require_system
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from theia_sf.proxy.serve.runner import Started
    from theia_sf.proxy.setup.texts import Reader
    from theia_sf.snowflake.settings import ConnectionSettings

_FOLDER = Path("theia-sf-proxy")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_WIDTH = 8  # of the longest verdict, and a space
_COLUMNS = {"path": "File", "purpose": "What it is"}


@with_sign_in
def init(  # noqa: PLR0917 (Typer calls with keywords)
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")] = _FOLDER,
    hostname: Annotated[
        list[str] | None,
        typer.Option(
            "--hostname",
            metavar="NAME",
            help="Host name or address by which clients reach the proxy; may be repeated.",
            show_default="this machine alone",
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port for clients.")] = 8443,
    health_port: Annotated[
        int, typer.Option("--health-port", min=1, max=65535, help="Port for probes and metrics.")
    ] = 8444,
    group: Annotated[str, typer.Option("--group", help="Group of users that may read the flows.")] = "analysts",
    database_name: DatabaseName = None,
    kms_key_id: Annotated[
        str | None,
        typer.Option(
            "--kms-key-id",
            help="KMS key that encrypts the keys of store and audit: ID, ARN or alias.",
            show_default="files of mode 0600",
        ),
    ] = None,
    *,
    sign_in: SignIn,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Make a folder with all that a proxy needs: configuration, policy, users, keys, and a certificate authority.

    The proxy signs in to Snowflake as you say by the variables, --connection, --credentials-file, --secret-id and the
    other options of a sign-in; no secret is written into the folder. The policy lets one group read the flows of the
    current context's database, by the stack's reader role. Nothing is overwritten, and Snowflake is not asked.

    \b
    theia-sf proxy init --hostname proxy.example.com --private-key-path proxy.p8 --user THEIA_PROXY
    theia-sf proxy check --config theia-sf-proxy/proxy.yaml
    theia-sf proxy users add alice --group analysts --config theia-sf-proxy/proxy.yaml
    theia-sf proxy serve --config theia-sf-proxy/proxy.yaml
    """
    require_server()
    from theia_sf.cli.output import render
    from theia_sf.proxy.client.target import ACCOUNT, Target
    from theia_sf.proxy.loopback import is_loopback
    from theia_sf.proxy.setup import folder as making
    from theia_sf.proxy.setup.identity import identity_section
    from theia_sf.proxy.setup.texts import Wanted
    from theia_sf.snowflake.settings import resolve

    folder = directory.expanduser()
    making.check_new(folder)
    section, settings = identity_section(sign_in, resolve(sign_in), os.environ)
    hosts = () if is_loopback(settings.hostname) else (settings.hostname,)
    names = list(dict.fromkeys([*(hostname or ()), *_LOCAL, *hosts]))
    public = Target("https", hostname[0], port).url if hostname else None
    listen = _addresses(hostname) if hostname else "127.0.0.1"
    wanted = Wanted(listen, port, health_port, public, ACCOUNT, hosts, section)
    reader = _reader(group, database_name, settings)
    written = making.make(folder, making.Folder(names, wanted, reader, kms_key_id))
    rows = [
        {"path": str(path), "purpose": purpose} for path, purpose in zip(written, making.FILES.values(), strict=True)
    ]
    render(rows, output, columns=_COLUMNS)
    _tell_next(folder, group, section)


def _addresses(hostnames: list[str]) -> str:
    """Where to listen for other machines: `::` is IPv4, too, but not every machine has IPv6."""
    return "::" if any(":" in name for name in hostnames) else "0.0.0.0"  # noqa: S104 (with TLS, and the operator names a host)


def _reader(group: str, database_name: str | None, settings: ConnectionSettings) -> Reader:
    """What the policy lets the group read: the stack's database, by its reader role."""
    from theia_sf.errors import UsageError
    from theia_sf.provision.context import Identity, current
    from theia_sf.proxy.setup.texts import Reader
    from theia_sf.snowflake.identifiers import fold

    prefix, schema = "ANTREA_", "THEIA"
    if database_name is None:
        context = current(Identity(snowflake_account=settings.account.upper(), snowflake_endpoint=settings.endpoint))
        if context is None or context.database_name is None:
            message = "There is no current context whose database the policy could let people read."
            raise UsageError(message, hint="Name the database by --database-name.")
        database_name = context.database_name
    database = fold(database_name)
    if not database.startswith(prefix):
        return Reader(group, database, None, settings.role, settings.warehouse)
    reader = f"{prefix}READER_{database.removeprefix(prefix)}"
    return Reader(group, database, schema, reader, reader)


def _tell_next(folder: Path, group: str, section: dict[str, object]) -> None:
    from shlex import quote

    from theia_sf.cli import console

    config = quote(str(folder / "proxy.yaml"))
    if "environment_prefix" in section:
        console.note("The proxy signs in by the SNOWFLAKE_* variables: its environment must have them, too.")
    console.note("Keep tls/ca.key elsewhere once there is a certificate; it signs the next one, and nothing else.")
    console.note(f"Next: theia-sf proxy check --config {config}")
    console.note(f"      theia-sf proxy users add NAME --group {quote(group)} --config {config}")
    console.note(f"      theia-sf proxy serve --config {config}")


def check(
    config: ConfigPath = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not sign in to Snowflake.")] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Check everything that the configuration names, and say what to do about what is missing.

    Reads all files, looks at certificates and their end, reaches the store, signs in to each account as each identity,
    and uses the roles, warehouses and databases that the policy names. Changes nothing. Exits with 0 if all is well
    (warnings included), 3 if Snowflake cannot be reached or signed in to, 2 if the configuration itself is wrong, 1 if
    anything else fails.
    """
    loaded, path = configuration(config)
    from theia_sf.cli.output import render, sanitize, write
    from theia_sf.errors import ExitCode
    from theia_sf.health.check import Verdict
    from theia_sf.proxy.setup.check import check as look

    checks = list(look(loaded, path, offline=offline))
    if output is OutputFormat.TABLE:
        for one in checks:
            write(sanitize(f"{one.verdict:<{_WIDTH}}{one.name}: {one.detail}"))
            if one.advice:
                write(sanitize(f"{'':<{_WIDTH}}-> {one.advice}"))
    else:
        rows = [
            {"check": one.name, "verdict": one.verdict, "detail": one.detail, "advice": one.advice} for one in checks
        ]
        render(rows, output)
    failed = [one.exit_code for one in checks if one.verdict is Verdict.FAILED]
    if failed:
        raise typer.Exit(ExitCode.CONNECTION if ExitCode.CONNECTION in failed else ExitCode.FAILED)


def serve(config: ConfigPath = None) -> None:
    """Serve clients until SIGTERM or Ctrl-C.

    What is running then may end, as long as `limits.drain_timeout` says; a second signal does not wait for it (exit
    code 130). Certificates, users and secrets are read again when they change; a changed configuration or policy needs
    a new start. Logs go to stderr. It runs on Linux and macOS.
    """
    require_system()
    loaded, path = configuration(config)
    from theia_sf.cli import console
    from theia_sf.proxy.client.target import Target
    from theia_sf.proxy.serve.runner import run

    def started(at: Started) -> None:
        console.note(f"The proxy listens: {at.url}")
        if at.connect_port is not None:
            console.note(f"As an HTTP proxy (https_proxy): port {at.connect_port}")
        health = Target("http", loaded.health.host, at.health_port).url
        console.note(f"Health and metrics: {health}/health, /ready, /metrics")

    code = run(loaded, path, started)
    if code:
        raise typer.Exit(code)


def renew_certificate(
    config: ConfigPath = None,
    hostname: Annotated[
        list[str] | None,
        typer.Option(
            "--hostname",
            metavar="NAME",
            help="Host name or address that it is for; may be repeated.",
            show_default="all that the authority signs for",
        ),
    ] = None,
) -> None:
    """Replace the proxy's certificate by a new one of the authority that `init` made. A running proxy takes it."""
    loaded, path = configuration(config)
    from theia_sf.cli.output import write
    from theia_sf.errors import UsageError
    from theia_sf.proxy.serve.certificate import read_certificate
    from theia_sf.proxy.setup.folder import renew_certificate as renew

    tls = loaded.listen.tls
    if tls is None:
        message = f"The proxy of {path} has no certificate: it is reached by plain HTTP."
        raise UsageError(message, hint="Set `listen.tls`.")
    names = renew(tls.certificate, tls.key, hostname or ())
    expires = read_certificate(tls.certificate).expires
    write(f"{tls.certificate} is for {', '.join(names)}, until {expires:%Y-%m-%d}.")


def register(app: typer.Typer) -> None:
    """Add the group to the program."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Let people and programs reach Snowflake without a Snowflake credential, and record every statement.",
    )
    group.command("init")(init)
    group.command("check")(check)
    group.command("serve")(serve)
    group.command("renew-certificate")(renew_certificate)
    proxy_users.add_to(group)
    proxy_sessions.add_to(group)
    proxy_audit.add_to(group)
    proxy_client.add_to(group)
    app.add_typer(group, name="proxy")
