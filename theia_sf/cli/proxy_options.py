"""What the commands of `theia-sf proxy` share: the configuration, and for clients the proxy that they mean."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from theia_sf.cli.shared_options import expanded

if TYPE_CHECKING:
    from theia_sf.proxy.client.target import Target
    from theia_sf.proxy.config.model import ProxyConfig

CONFIGURATION: Final = "proxy.yaml"
SYSTEM: Final = os.name
_PACKAGES: Final = (
    "starlette",
    "uvicorn",
    "httptools",
    "aiohttp",
    "sqlglot",
    "pydantic",
    "argon2",
    "prometheus_client",
    "limits",
)

ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="THEIA_SF_PROXY_CONFIG",
        help="Configuration of the proxy.",
        show_default=CONFIGURATION,
    ),
]


def require_server() -> None:
    """Return if the packages of the extra are installed.

    Raises:
        UsageError: they are not.
    """
    from importlib.util import find_spec

    from theia_sf.errors import UsageError

    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        message = f"The proxy needs packages that are not installed: {', '.join(missing)}."
        raise UsageError(message, hint="Install the extra: pip install 'theia-sf[server]'")


def require_system() -> None:
    """Return if the proxy can serve on this system: Linux or macOS.

    Raises:
        UsageError: it is Windows, or uvloop is not installed, which there is for the two alone.
    """
    from importlib.util import find_spec

    from theia_sf.errors import UsageError

    if SYSTEM != "posix":
        message = "The proxy serves on Linux and macOS only."
        raise UsageError(
            message, hint="Run it there, or in a container: deploy/proxy. Its clients may be on any system."
        )
    if find_spec("uvloop") is None:
        message = "The proxy needs a package that is not installed: uvloop."
        raise UsageError(message, hint="Install the extra: pip install 'theia-sf[server]'")


def configuration(named: Path | None) -> tuple[ProxyConfig, Path]:
    """Return the configuration, and where it is.

    Raises:
        UsageError: it cannot be read, or is wrong; the packages of the extra are not installed.
    """
    require_server()
    from theia_sf.proxy.config.load import load

    path = (named or Path(CONFIGURATION)).expanduser()
    return load(path), path


@dataclass(frozen=True)
class Where:
    """What a client's flags say about the proxy; None is what was not given."""

    profile: str | None = None
    url: str | None = None
    account: str | None = None
    user: str | None = None
    ca_file: Path | None = None
    token_file: Path | None = None
    config: Path | None = None

    def target(self) -> Target:
        """Return the proxy that is meant, and whose access token.

        Raises:
            UsageError: none is named or remembered; a file cannot be read, or is open to others.
        """
        from dataclasses import replace

        from theia_sf.proxy.client import profiles
        from theia_sf.proxy.client.target import Target, of_config, parse_url

        if self.url is not None:
            found = Target(*parse_url(self.url))
        elif self.config is not None:
            found = of_config(configuration(self.config)[0])
        else:
            found = profiles.load(self.profile or profiles.DEFAULT)
        if self.account is not None:
            found = replace(found, account=self.account)
        if self.user is not None:
            found = replace(found, user=self.user)
        if self.ca_file is not None:
            found = replace(found, ca_file=self.ca_file.expanduser().absolute())
        if self.token_file is not None:
            path = self.token_file.expanduser().absolute()
            found = replace(found, token_file=path, token=profiles.token_in(path))
        return found


def _option(flag: str, metavar: str, text: str, default: str | bool = False, variable: str | None = None) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, show_default=default, envvar=variable)


OPTIONS: Final[dict[str, Any]] = {
    "profile": Annotated[
        str | None,
        _option("--profile", "NAME", "Remembered proxy, see `login`.", "default", "THEIA_SF_PROXY_PROFILE"),
    ],
    "url": Annotated[str | None, _option("--url", "URL", "Address of the proxy, instead of a remembered one.")],
    "account": Annotated[str | None, _option("--account", "NAME", "Account behind the proxy.", "the only one")],
    "user": Annotated[str | None, _option("--user", "NAME", "User of the proxy.", "whose access token it is")],
    "ca_file": Annotated[
        Path | None, _option("--ca-file", "FILE", "Certificates to trust besides those of public authorities.")
    ],
    "token_file": Annotated[
        Path | None,
        _option("--token-file", "FILE", "File with the access token.", variable="THEIA_SF_PROXY_TOKEN_FILE"),
    ],
    "config": Annotated[
        Path | None,
        _option("--config", "FILE", "Configuration of a proxy on this machine, to take its address from."),
    ],
}


def with_proxy(function: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `where: Where` of a command by the shared options, in the signature that Typer reads."""
    return expanded(function, "where", Where, OPTIONS, Where)


def shell_lines(changes: dict[str, str | None], shell: str | None) -> str:
    """Return what a shell evaluates to change its environment.

    Args:
        changes: a value to set, or None to take a variable away.
        shell: bash, fish or json; by default as $SHELL says.

    Raises:
        UsageError: it is none of these.
    """
    import json
    import shlex

    from theia_sf.errors import UsageError

    kind = shell or ("fish" if Path(os.environ.get("SHELL", "")).name == "fish" else "bash")
    if kind == "json":
        return json.dumps(changes, indent=2)
    if kind not in {"bash", "fish"}:
        message = f"--shell {kind} is not known."
        raise UsageError(message, hint="It can be bash, fish or json.")
    lines: list[str] = []
    for name, value in changes.items():
        if value is None:
            lines.append(f"set -e {name};" if kind == "fish" else f"unset {name}")
        elif kind == "fish":
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            lines.append(f"set -gx {name} '{escaped}';")
        else:
            lines.append(f"export {name}={shlex.quote(value)}")
    return "\n".join(lines)
