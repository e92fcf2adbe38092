"""Where sessions are kept, and what their tokens are encrypted with."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from theia_sf.proxy.config.base import FilePath, Section


class Store(Section):
    """One of SQLite and Redis; one of a key file and a KMS key.

    Attributes:
        sqlite: the database's file; made if it does not exist.
        redis: `redis://` or `rediss://` URL without a password; `redis_password_file` has that.
        key_file: 32 bytes in base64, by which the tokens are encrypted.
        old_key_files: former keys, which still decrypt.
        kms_key_id: KMS key under which the proxy makes the key itself, once.
    """

    sqlite: FilePath | None = None
    redis: Annotated[str | None, Field(pattern=r"^(rediss?|unix)://")] = None
    redis_password_file: FilePath | None = None
    key_file: FilePath | None = None
    old_key_files: tuple[FilePath, ...] = ()
    kms_key_id: str | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.sqlite is None) == (self.redis is None):
            message = "it needs either `sqlite` (a file) or `redis` (a URL)"
            raise ValueError(message)
        if (self.key_file is None) == (self.kms_key_id is None):
            message = "it needs either `key_file` or `kms_key_id`, for the key that tokens are encrypted with"
            raise ValueError(message)
        return self
