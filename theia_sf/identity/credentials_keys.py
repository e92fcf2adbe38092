"""Private keys in the KMS-encrypted `.env`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from theia_sf.credentials.file import CredentialsFile, apply_aws
from theia_sf.credentials.update import put, read_for_update
from theia_sf.errors import UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import PrivateKey, load_private_key, pem

_KEY = "private_key"
_PASSPHRASE = "private_key_passphrase"  # noqa: S105 (a field's name)


@dataclass
class CredentialsKey:
    """The private key in a credentials file, encrypted there by KMS and by nothing else.

    Attributes:
        path: the file; it may not exist yet.
        login_name: whose key it is: a file of another user is left alone.
        key_id: the KMS key; None for that of the file, or AWS_KMS_KEY_ID.
        account: the user's account, put into a file that names none.
    """

    path: Path
    login_name: str
    key_id: str | None = None
    account: str | None = None
    _staged: PrivateKey | None = field(default=None, init=False, repr=False)

    def __str__(self) -> str:
        return f"the credentials file {self.path}"

    @property
    def place(self) -> str:
        """Where the key is, for output."""
        return f"{self.path} (KMS_ENCRYPTED_PRIVATE_KEY)"

    @property
    def option(self) -> str:
        """The option that names it."""
        return f"--into-credentials-file {shlex.quote(str(self.path))}"

    @property
    def is_taken(self) -> bool:
        """Whether the file holds a private key."""
        file = self._file()
        return file is not None and _KEY in file.fields

    @property
    def staged_place(self) -> str | None:
        """None, as a key that is not in use yet is in memory only."""
        return None

    def current(self) -> PrivateKey | None:
        """Return the key in the file; None if there is none. Asks KMS.

        Raises:
            UsageError: the file is another user's, or open to others.
            TheiaError: KMS does not decrypt it.
        """
        file = self._file()
        if file is None or _KEY not in file.fields:
            return None
        apply_aws(file)
        self._check_user(file)
        found = file.decrypt(file.fields & {_KEY, _PASSPHRASE})
        return load_private_key(text=found[_KEY], passphrase=found.get(_PASSPHRASE), name=str(self.path))

    def staged(self) -> PrivateKey | None:
        """Return None: nothing is left of an interrupted run."""
        return None

    def stage(self, key: PrivateKey) -> None:
        """Keep a new key in memory.

        Raises:
            UsageError: the file is another user's.
        """
        file = self._file()
        if file is not None:
            apply_aws(file)
            self._check_user(file)
        self._staged = key

    def commit(self) -> None:
        """Encrypt the staged key and write it into the file, in one step, in place of what else signs in there.

        Raises:
            UsageError, TheiaError: as `theia_sf.credentials.update.put`; the file is as it was.
        """
        if self._staged is None:
            return
        values = {_KEY: Secret(pem(self._staged))}
        file = self._file()
        if file is None or not ("user" in file.fields or "user" in file.plain):
            values["user"] = Secret(self.login_name, mask=False)
        if self.account and (file is None or not ("account" in file.fields or "account" in file.plain)):
            values["account"] = Secret(self.account, mask=False)
        put(self.path, values, key_id=self.key_id)
        self._staged = None

    def discard(self) -> None:
        """Forget the staged key."""
        self._staged = None

    def forget_old(self, ended: str) -> None:
        """Do nothing: the replaced key is gone from the file."""

    def _file(self) -> CredentialsFile | None:
        """Return the file; one without encrypted values yet may still be open to others, and is not afterwards."""
        return read_for_update(self.path)[0] if self.path.exists() else None

    def _check_user(self, file: CredentialsFile) -> None:
        named = file.plain.get("user")
        if named is None and "user" in file.fields:
            named = file.decrypt({"user"})["user"].reveal()
        if named is not None and named.upper() != self.login_name.upper():
            message = f"{self.path} holds the credentials of the user {named}, not those of {self.login_name}."
            raise UsageError(message, hint="Name another file with --into-credentials-file.")
