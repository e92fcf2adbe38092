"""What the user asks of `theia-sf grafana provision`: checked, and completed with what was asked the last time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from theia_sf.errors import UsageError
from theia_sf.grafana import folder as folders
from theia_sf.grafana.container import PORT
from theia_sf.grafana.datasource import Method
from theia_sf.grafana.folder import Record, Settings
from theia_sf.grafana.secret_files import plugin_key, read_secret
from theia_sf.grafana.versions import parse_plugin_version
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import load_private_key
from theia_sf.snowflake.public_keys import public_text


@dataclass(frozen=True)
class Options:
    """What the flags say; None is what was not given, and then what was given the last time.

    Attributes:
        folder: to provision into.
        user: whom Grafana signs in as.
        method: by what.
        private_key_path, token_file, password_file: the secret, in a file; at most one.
        passphrase: of the private key.
        plugin_version: of the data source's plugin.
        port: of Grafana on this machine.
        force: write into a folder, or over files, that are somebody's.
    """

    folder: Path
    user: str | None = None
    method: Method | None = None
    private_key_path: Path | None = None
    token_file: Path | None = None
    password_file: Path | None = None
    passphrase: Secret | None = None
    plugin_version: str | None = None
    port: int | None = None
    force: bool = False


@dataclass(frozen=True)
class Prepared:
    """The options, checked and completed without asking anybody.

    Attributes:
        options: those given.
        record: what was provisioned into the folder before.
        method: by what Grafana signs in.
        secret: in the form that Grafana reads; None if it was not given.
        public_key: of the private key given, as Snowflake takes it.
    """

    options: Options
    record: Record | None
    method: Method
    secret: Secret | None
    public_key: str | None

    @property
    def before(self) -> Settings | None:
        """The options of the last time."""
        return self.record.settings if self.record else None

    def completed(self, database: str) -> Settings:
        """Return the options given, else those of the last time; but for the user, who belongs to a database."""
        options, before = self.options, self.before
        if before is None:
            return Settings(database, self.method, options.user, options.plugin_version, options.port or PORT)
        return Settings(
            database=database,
            method=self.method,
            user=options.user or (before.user if before.database == database else None),
            plugin_version=options.plugin_version or before.plugin_version,
            port=options.port or before.port,
        )


def prepare(options: Options) -> Prepared:
    """Check what can be checked on this machine, and read the secret.

    Raises:
        UsageError: the folder is not one to write into; the secret cannot be read; the flags contradict each other.
    """
    record = folders.read_record(options.folder)
    folders.check(options.folder, {}, record, force=options.force)
    if options.plugin_version is not None:
        parse_plugin_version(options.plugin_version)
    method, path = _method(options, record)
    if path is None:
        return Prepared(options, record, method, None, None)
    if method is not Method.KEY_PAIR:
        return Prepared(options, record, method, read_secret(path, method), None)
    key = load_private_key(path=path, passphrase=options.passphrase)
    return Prepared(options, record, method, plugin_key(key), public_text(key.public_key()))


def _method(options: Options, record: Record | None) -> tuple[Method, Path | None]:
    """By what Grafana signs in, and the file of the secret."""
    flags = {
        Method.KEY_PAIR: ("--private-key-path", options.private_key_path),
        Method.ACCESS_TOKEN: ("--token-file", options.token_file),
        Method.PASSWORD: ("--password-file", options.password_file),
    }
    given = {method: (flag, path) for method, (flag, path) in flags.items() if path is not None}
    if len(given) > 1:
        names = " and ".join(flag for flag, _ in given.values())
        message = f"{names} exclude each other: Grafana's data source takes one way to sign in."
        raise UsageError(message)
    if not given:
        return options.method or (record.settings.method if record else Method.KEY_PAIR), None
    ((method, (flag, path)),) = given.items()
    if options.method not in {None, method}:
        message = f"{flag} is for --auth {method}, and --auth {options.method} was given."
        raise UsageError(message, hint="Leave out --auth: it follows from the file.")
    return method, path
