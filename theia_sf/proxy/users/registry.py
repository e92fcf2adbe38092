"""The users of the proxy and their credentials, as the registry's file holds them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from theia_sf.proxy.config.base import Section
from theia_sf.proxy.users import public_keys
from theia_sf.proxy.users.access_tokens import ID_PATTERN
from theia_sf.proxy.users.hashing import is_hash

NAME_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}$"
"""Of users and groups. What a driver sends as the user's name, and what stands in a policy without quotes."""


def _argon2(text: str) -> str:
    if not is_hash(text):
        message = "is not an argon2id hash as `theia-sf proxy users add` writes it"
        raise ValueError(message)
    return text


def _key(text: str) -> str:
    public_keys.load(text)
    return text


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Hash = Annotated[str, AfterValidator(_argon2)]
Time = Annotated[datetime, AfterValidator(_aware)]


class AccessToken(Section):
    """An access token: the ID that stands in it, and the hash of the whole. Times without a zone are UTC."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    hash: Hash
    description: str = ""
    created: Time | None = None
    expires: Time | None = None


class RegisteredKey(Section):
    """A public key, by base64 of its DER form."""

    key: Annotated[str, AfterValidator(_key)]
    description: str = ""
    created: Time | None = None
    expires: Time | None = None

    @property
    def fingerprint(self) -> str:
        """`SHA256:…`."""
        return public_keys.fingerprint(self.key)


class User(Section):
    """A user.

    Attributes:
        disabled: keeps them out, and ends their sessions.
        expires: when the user ends, with all credentials.
        password: a hash.
        certificate_names: common names or subject alternative names of their TLS client certificates.
    """

    groups: tuple[Name, ...] = ()
    disabled: bool = False
    expires: Time | None = None
    tokens: tuple[AccessToken, ...] = ()
    password: Hash | None = None
    public_keys: tuple[RegisteredKey, ...] = ()
    certificate_names: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = ()


class Registry(Section):
    """The whole file. Names of users differ in more than upper and lower case, as drivers change it."""

    version: Literal[1] = 1
    users: dict[Name, User] = Field(default_factory=dict[str, User])

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        if value is None:
            return {}
        if not isinstance(value, dict):
            return value
        content = cast("dict[str, Any]", value)
        return {key: entry for key, entry in content.items() if key != "users" or entry is not None}

    @model_validator(mode="after")
    def _unique(self) -> Registry:
        _only("the user {}", (name.casefold() for name in self.users))
        _only("the token ID {}", (token.id for user in self.users.values() for token in user.tokens))
        _only(
            "the certificate name {}", (name.lower() for user in self.users.values() for name in user.certificate_names)
        )
        return self


def _only(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            message = f"{what.format(name)} stands there twice"
            raise ValueError(message)
        seen.add(name)
