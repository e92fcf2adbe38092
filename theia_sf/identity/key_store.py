"""What a place that keeps a private key can do."""

from __future__ import annotations

from typing import Protocol

from theia_sf.snowflake.keys import PrivateKey


class KeyStore(Protocol):
    """Where a private key is kept: `KeyFile`, `CredentialsKey`. Formatted, it says where in words."""

    @property
    def place(self) -> str:
        """Where the key is, for output."""
        ...

    @property
    def option(self) -> str:
        """The option of `theia-sf keypair` that names it."""
        ...

    @property
    def is_taken(self) -> bool:
        """Whether there is something where the key is to be."""
        ...

    @property
    def staged_place(self) -> str | None:
        """Where a staged key is kept; None if there is none, or it is in memory only."""
        ...

    def current(self) -> PrivateKey | None:
        """Return the key that is in use; None if there is none."""
        ...

    def staged(self) -> PrivateKey | None:
        """Return the staged key that an interrupted run left; None if there is none."""
        ...

    def stage(self, key: PrivateKey) -> None:
        """Keep a new key beside the one in use."""
        ...

    def commit(self) -> str | None:
        """Put the staged key in use, in one step; return where the replaced one is kept, if it is."""
        ...

    def discard(self) -> None:
        """Forget the staged key."""
        ...

    def forget_old(self, ended: str) -> None:
        """Forget the replaced key, if it is the one with this fingerprint."""
        ...
