"""What is shown of a client's settings, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final

from theia_sf.proxy.client.environment import AUTHENTICATOR
from theia_sf.proxy.client.target import Target

PLACEHOLDER: Final = "<access token>"
USER: Final = "<user>"


@dataclass(frozen=True)
class Shown:
    """Settings of a client.

    Attributes:
        values: setting to value, as the client calls them.
        text: the same as the client reads it: a file, a URL, a piece of code.
        notes: what else there is to do.
    """

    values: Mapping[str, str | int]
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """What was asked for: the proxy, the certificates to trust, and the token if it is to be shown."""

    target: Target
    bundle: Path | None
    token: str | None

    @property
    def shown_token(self) -> str:
        """The token, or what stands in its place."""
        return self.token or PLACEHOLDER

    def user(self, name: str) -> dict[str, str]:
        """The user, under the name that the client has for it; most clients insist on one."""
        return {name: self.target.user or USER}

    def login(self) -> dict[str, str]:
        """Token and authenticator, as newer drivers call them; the token's file, if it is not to be shown."""
        if self.token is None and self.target.token_file is not None:
            return {"authenticator": AUTHENTICATOR, "token_file_path": str(self.target.token_file)}
        return {"authenticator": AUTHENTICATOR, "token": self.shown_token}

    def trust(self, text: str) -> tuple[str, ...]:
        """A note about certificates, if there are any but the public ones."""
        if self.bundle is None:
            return ()
        return (text.format(bundle=quote(str(self.bundle)), ca=quote(str(self.target.ca_file))),)

    def connection(self) -> dict[str, str | int]:
        """All that a driver which reads connections.toml is told."""
        target = self.target
        where: dict[str, str | int] = {
            "account": target.account,
            "host": target.host,
            "port": target.port,
            "protocol": target.protocol,
        }
        return where | self.user("user") | self.login()
