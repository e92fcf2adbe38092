"""Add users and credentials, and take them away again: the registry's file as the CLI changes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from theia_sf.errors import UsageError
from theia_sf.proxy.users import registry_file
from theia_sf.proxy.users.access_tokens import new_access_token, token_id
from theia_sf.proxy.users.hashing import LONGEST, Kind, hash_secret
from theia_sf.proxy.users.registry import NAME_PATTERN, AccessToken, Registry, User
from theia_sf.secret import Secret

SHORTEST_PASSWORD: Final = 12


@dataclass(frozen=True)
class NewCredentials:
    """What a user gets in addition to what they have.

    Attributes:
        groups: joined to theirs.
        token: make an access token.
        password: takes the place of theirs.
        public_keys: base64 DER, as `read_public_key` returns it; one that they have gets the new end and description.
        certificate_names: of TLS client certificates.
        expires: when the new token and keys end; None: never.
        description: of the new token and keys.
    """

    groups: Sequence[str] = ()
    token: bool = False
    password: Secret | None = None
    public_keys: Sequence[str] = ()
    certificate_names: Sequence[str] = ()
    expires: datetime | None = None
    description: str = ""


@dataclass(frozen=True)
class Added:
    """What came of it: `created` tells whether the user is new, `token` is shown once and kept nowhere."""

    name: str
    user: User
    created: bool
    token_id: str | None
    token: Secret | None


def add(path: Path, name: str, new: NewCredentials, *, now: datetime | None = None) -> Added:
    """Add a user, or credentials to a user who is there.

    Args:
        path: the registry's file; made, mode 0600, if it does not exist.
        name: of the user; that of a present one in whatever case.
        new: what they get.
        now: the time, for the file; by default the clock's.

    Raises:
        UsageError: a name, key or password cannot be used, or is somebody else's already; there is an end, and nothing
            new that could end; the file cannot be written.
    """
    for text in (name, *new.groups):
        _check_name(text)
    if new.expires is not None and not new.token and not new.public_keys:
        message = (
            "An end was given, but neither a token nor a key that could have one: passwords and certificates do not."
        )
        raise UsageError(message, hint="Make a token, which can: --token; or leave out --expires.")
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    registry, before = registry_file.read_for_update(path)
    known = _known(registry, name)
    user = registry.users[known] if known else User()
    made_id, token = new_access_token() if new.token else (None, None)
    tokens = user.tokens
    common: dict[str, Any] = {"description": new.description, "created": now, "expires": new.expires}
    if made_id is not None and token is not None:
        tokens += (AccessToken(id=made_id, hash=hash_secret(token.reveal(), Kind.TOKEN), **common),)
    _check_certificates(registry, known, new.certificate_names)
    had = {certificate.lower() for certificate in user.certificate_names}
    certificates = {text.lower(): text for text in new.certificate_names if text.lower() not in had}
    keys = {key.key: key.model_dump() for key in user.public_keys}
    keys |= {key: {"key": key, **common} for key in new.public_keys}
    changed = {
        **user.model_dump(),
        "groups": tuple(dict.fromkeys((*user.groups, *new.groups))),
        "tokens": tokens,
        "password": user.password if new.password is None else _hashed(new.password),
        "public_keys": tuple(keys.values()),
        "certificate_names": (*user.certificate_names, *certificates.values()),
    }
    users = {**registry.users, known or name: changed}
    after = registry_file.checked({"version": registry.version, "users": users}, path)
    registry_file.write(path, after, before)
    return Added(known or name, after.users[known or name], known is None, made_id, token)


def revoke(path: Path, name: str, credential: str | None = None) -> User:
    """Take away a user, or one credential of theirs, and with it the sessions that were begun with it.

    Running proxies notice at the next request.

    Args:
        path: the registry's file.
        name: of the user.
        credential: the ID of a token, the fingerprint of a key, a certificate's name, or `password`; None: the user.

    Returns:
        The user as they were.

    Raises:
        UsageError: there is no such user or credential; the file cannot be written.
    """
    registry, before = registry_file.read_for_update(path)
    known = _known(registry, name)
    if known is None:
        message = f"There is no user {name} in {path}."
        raise UsageError(message, hint="`theia-sf proxy users list` shows who is there.")
    user, users = registry.users[known], dict(registry.users)
    if credential is None:
        del users[known]
    else:
        users[known] = _without(known, user, credential)
    registry_file.write(path, Registry(version=registry.version, users=users), before)
    return user


def _without(name: str, user: User, credential: str) -> User:
    changed = user.model_copy(
        update={
            "tokens": tuple(token for token in user.tokens if token.id != credential),
            "public_keys": tuple(key for key in user.public_keys if key.fingerprint != credential),
            "certificate_names": tuple(known for known in user.certificate_names if known != credential),
            "password": None if credential == "password" else user.password,
        }
    )
    if changed == user:
        message = f"The user {name} has no credential {credential}."
        hint = "Give the ID of a token, the fingerprint of a key (SHA256:…), a certificate's name, or `password`."
        raise UsageError(message, hint=hint)
    return changed


def _known(registry: Registry, name: str) -> str | None:
    return next((known for known in registry.users if known.casefold() == name.casefold()), None)


def _check_certificates(registry: Registry, name: str | None, certificates: Sequence[str]) -> None:
    wanted = {text.lower() for text in certificates}
    for other, user in registry.users.items():
        taken = [text for text in user.certificate_names if text.lower() in wanted]
        if other != name and taken:
            message = f"The certificate name {taken[0]} is that of the user {other} already."
            raise UsageError(message, hint="A certificate tells who somebody is, so its name belongs to one user.")


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME_PATTERN.rstrip("$"), name, re.ASCII):
        message = f"{name!r} cannot be the name of a user or group."
        hint = "Names have 1 to 128 of a to z, A to Z, 0 to 9 and . _ @ + -; the first is a letter, a digit or _."
        raise UsageError(message, hint=hint)


def _hashed(password: Secret) -> str:
    text = password.reveal()
    if token_id(text):
        message = "A password must not look like an access token."
        raise UsageError(message)
    if len(text) > LONGEST:
        message = f"A password of the proxy has {LONGEST} characters at most."
        raise UsageError(message)
    if len(text) < SHORTEST_PASSWORD:
        message = f"A password of the proxy has {SHORTEST_PASSWORD} characters or more."
        raise UsageError(message, hint="Or use an access token, which nobody has to remember: --token.")
    return hash_secret(text, Kind.PASSWORD)
