"""Where sessions are kept, and what their tokens are encrypted with."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from theia_sf.proxy.config.base import FilePath, Section


class Store(Section):
    """One of SQLite and Redis, and the key.

    Attributes:
        sqlite: the database's file; made if it does not exist.
        redis: `redis://`, `rediss://` or `unix://` URL without a password; `redis_password_file` has that.
        redis_prefix: what the names of all keys in Redis begin with.
        key_file: the key by which the tokens are encrypted: 32 random bytes, or a data key that KMS encrypted.
        old_key_files: former keys, which still decrypt.
    """

    sqlite: FilePath | None = None
    redis: Annotated[str | None, Field(pattern=r"^(rediss?|unix)://")] = None
    redis_password_file: FilePath | None = None
    redis_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:{}-]{1,64}$")] = "theia-sf:"
    key_file: FilePath
    old_key_files: tuple[FilePath, ...] = ()

    @model_validator(mode="after")
    def _one_store(self) -> Self:
        if (self.sqlite is None) == (self.redis is None):
            message = "it needs either `sqlite` (a file) or `redis` (a URL)"
            raise ValueError(message)
        if self.redis is not None and ("@" in self.redis or "password=" in self.redis):
            message = "the URL of `redis` must not hold a password: put it into a file, named by `redis_password_file`"
            raise ValueError(message)
        if self.redis is None and self.redis_password_file is not None:
            message = "`redis_password_file` says nothing without `redis`"
            raise ValueError(message)
        return self
