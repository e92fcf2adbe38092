"""Private keys in files: made only where nothing is, replaced in one step, the replaced one kept beside."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from theia_sf.credentials import private_files
from theia_sf.credentials.private_files import keep_owner
from theia_sf.errors import TheiaError, UsageError
from theia_sf.identity.new_keys import encode
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import PrivateKey, fingerprint, load_private_key


@dataclass(frozen=True)
class KeyFile:
    """A file that holds a user's private key, as PKCS#8 PEM.

    Attributes:
        path: where; a symbolic link is followed, so that a replacement lands where the link points.
        passphrase: what new keys are encrypted with; None leaves them unencrypted.
        old_passphrase: what the present key is encrypted with.
    """

    path: Path
    passphrase: Secret | None = None
    old_passphrase: Secret | None = None

    def __str__(self) -> str:
        return f"the file {self.path}"

    @property
    def place(self) -> str:
        """Where the key is, for output."""
        return str(self.path.absolute())

    @property
    def option(self) -> str:
        """The option that names it."""
        return f"--key-file {shlex.quote(str(self.path))}"

    @property
    def is_taken(self) -> bool:
        """Whether there is something where the key is to be."""
        return self.path.exists()

    @property
    def staged_place(self) -> str | None:
        """Where a new key is that is not in use yet; None if there is none."""
        return str(self._beside("new")) if self._beside("new").exists() else None

    def current(self) -> PrivateKey | None:
        """Return the key in the file; None if there is no file.

        Raises:
            UsageError: it cannot be read, or not with the passphrase.
        """
        if not self.path.exists():
            return None
        try:
            return load_private_key(path=self.path, passphrase=self.old_passphrase)
        except UsageError:
            if self.passphrase is None or self.passphrase == self.old_passphrase:
                raise
        return load_private_key(path=self.path, passphrase=self.passphrase)  # after a rotation, of its new key

    def staged(self) -> PrivateKey | None:
        """Return the new key that an interrupted rotation left beside the file, if one did.

        Raises:
            UsageError: it cannot be read, or not with the passphrase.
        """
        if self.staged_place is None:
            return None
        return load_private_key(path=self._beside("new"), passphrase=self.passphrase)

    def stage(self, key: PrivateKey) -> None:
        """Write a new key beside the file, as `….new`; the key in the file stays in use.

        Raises:
            UsageError: the folder cannot be written to.
        """
        private_files.replace(self._beside("new"), encode(key, self.passphrase), expected=None)

    def commit(self) -> str | None:
        """Put the staged key in place of the present one, in one step: a reader finds the one or the other, whole.

        The file's owner stays.

        Returns:
            where the replaced key is kept; None if there was none.

        Raises:
            TheiaError: the file system refused; the staged key is still there.
        """
        new, target, old = self._beside("new"), self._target(), self._beside("old")
        had_key = target.exists()
        try:
            if had_key:
                keep_owner(new, target)
                with suppress(FileNotFoundError):
                    old.unlink()
                private_files.replace(old, target.read_bytes(), expected=None)
            new.replace(target)
        except OSError as error:
            message = f"The new key could not be put in place of {self.path}: {error.strerror}."
            raise TheiaError(message, hint=f"The new key is in {new}, and valid; move it there by hand.") from error
        return str(old) if had_key else None

    def discard(self) -> None:
        """Remove the staged key, if there is one."""
        with suppress(FileNotFoundError):
            self._beside("new").unlink()

    def forget_old(self, ended: str) -> None:
        """Remove the replaced key if it is the one with this fingerprint, which is of no use any more."""
        old = self._beside("old")
        for passphrase in (self.old_passphrase, self.passphrase):
            with suppress(UsageError):  # what cannot be read is not known to be that key, and stays
                if fingerprint(load_private_key(path=old, passphrase=passphrase)) == ended:
                    old.unlink()
                return

    def _target(self) -> Path:
        return Path(os.path.realpath(self.path))

    def _beside(self, ending: str) -> Path:
        target = self._target()
        return target.with_name(f"{target.name}.{ending}")


def is_encrypted(path: Path) -> bool:
    """Tell whether the private key in a file asks for a passphrase; False if there is no file."""
    if not path.exists():
        return False
    try:
        load_private_key(path=path)
    except UsageError:  # for whatever reason it cannot be read, it is not read as an unencrypted key
        return True
    return False
