"""The KMS-encrypted `.env`: which file it is, what stands in it, and its values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from theia_sf.credentials import cipher, private_files, tokens
from theia_sf.credentials.env_file import KEY_VARIABLE, PREFIX, EnvFile
from theia_sf.credentials.fields import FIELDS
from theia_sf.credentials.tokens import Token
from theia_sf.errors import UsageError
from theia_sf.secret import Secret, remember

FILE_VARIABLE: Final = "THEIA_SF_CREDENTIALS_FILE"
DEFAULT_NAME: Final = ".env"
# Who one is for AWS: these belong together. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
_IDENTITY: Final = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    }
)
_REGION: Final = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})
_AWS_SECRETS: Final = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True)
class CredentialsFile:
    """A `.env`, read. Nothing is decrypted before `decrypt`.

    Attributes:
        path: where it is.
        data: its bytes.
    """

    path: Path
    data: bytes = field(repr=False)

    @cached_property
    def env(self) -> EnvFile:
        """The file taken apart."""
        return EnvFile(self.data)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that have an encrypted value."""
        return frozenset(name for name, entry in FIELDS.items() if self.env.values.get(entry.encrypted_variable))

    @property
    def plain(self) -> dict[str, str]:
        """The SNOWFLAKE_* lines that may stand in clear, by field."""
        values = {name: entry.value_in(self.env.values) for name, entry in FIELDS.items() if not entry.secret}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def clear_secrets(self) -> tuple[str, ...]:
        """The SNOWFLAKE_* variables whose secret stands in the file in clear; `decrypt` and `plain` ignore them."""
        secret = (name for entry in FIELDS.values() if entry.secret for name in entry.variables)
        return tuple(name for name in secret if self.env.values.get(name))

    @property
    def aws(self) -> dict[str, str]:
        """The AWS_* lines of the file that say something."""
        found = {name: value for name, value in self.env.values.items() if name.startswith("AWS_") and value}
        for name in _AWS_SECRETS:
            remember(found.get(name, ""))
        return found

    def key_id(self, environ: Mapping[str, str]) -> str | None:
        """The KMS key that AWS_KMS_KEY_ID names, the environment's line before the file's; None: it names none."""
        return environ.get(KEY_VARIABLE, "").strip() or self.aws.get(KEY_VARIABLE)

    def token(self, name: str) -> Token:
        """Return an encrypted field's token, which tells its key and time.

        Raises:
            UsageError: the value is damaged, or not for this field.
        """
        variable = FIELDS[name].encrypted_variable
        return tokens.parse(self.env.values[variable], variable, name)

    def decrypt(self, names: Iterable[str]) -> dict[str, Secret]:
        """Return the values of some of `fields`; each costs one KMS request at most in the life of the process.

        Every token is looked at before the first request.

        Raises:
            UsageError: as `token`.
            TheiaError: as `theia_sf.credentials.cipher.decrypt`.
        """
        return cipher.decrypt({name: self.token(name) for name in names}, self.key_id(os.environ))


def default_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file to use when no flag names one: THEIA_SF_CREDENTIALS_FILE, `./.env` if it has encrypted values."""
    named = environ.get(FILE_VARIABLE)
    if named:
        return Path(named).expanduser()
    path = Path(DEFAULT_NAME)
    try:
        data, _ = private_files.read(path)
    except (OSError, UsageError):  # there is none, or it is something else's
        return None
    # Most such files are other programs', and not worth reading line by line.
    return path if PREFIX.encode() in data and CredentialsFile(path, data).fields else None


def open_file(path: Path) -> CredentialsFile:
    """Read a credentials file; no request to KMS.

    Raises:
        UsageError: there is none, it cannot be read, or others than its owner can read or change it.
    """
    try:
        data, mode = private_files.read(path)
    except FileNotFoundError as error:
        message = f"There is no credentials file {path}."
        raise UsageError(message, hint="`theia-sf credentials encrypt` makes one.") from error
    private_files.check_private(path, mode)
    return CredentialsFile(path, data)


def apply_aws(file: CredentialsFile, environ: MutableMapping[str, str] = os.environ) -> None:
    """Put the file's AWS_* lines into the environment, for all that uses AWS in this process.

    What the environment says already stays. Who one is, is taken from one of the two as a whole; so is the region.
    AWS_KMS_KEY_ID stays in the file: it is the key of this file, see `CredentialsFile.key_id`.
    """
    given = {name for name, value in environ.items() if value} | {KEY_VARIABLE}
    for group in (_IDENTITY, _REGION):
        if group & given:
            given |= group
    environ.update({name: value for name, value in file.aws.items() if name not in given})
