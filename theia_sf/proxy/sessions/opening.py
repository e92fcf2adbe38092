"""The store of the configuration."""

from __future__ import annotations

from theia_sf.errors import UsageError
from theia_sf.proxy import guarded_files
from theia_sf.proxy.config.store import Store
from theia_sf.proxy.sessions.keys import read_keys
from theia_sf.proxy.sessions.model import SessionStore
from theia_sf.proxy.sessions.sealing import Sealer


def open_store(config: Store) -> SessionStore:
    """Open the store that the configuration names. Redis is not asked yet: `check` does.

    Raises:
        UsageError: a key file, the password's file or the database cannot be used, or the extra `redis` is missing.
        TheiaError: KMS does not decrypt a key file, see `read_keys`.
    """
    sealer = Sealer(read_keys(config.key_file, config.old_key_files))
    if config.sqlite is not None:
        from theia_sf.proxy.sessions.sqlite import SqliteStore  # noqa: PLC0415 (the other is not needed)

        return SqliteStore(config.sqlite, sealer)
    return _redis_store(config, sealer)


def _redis_store(config: Store, sealer: Sealer) -> SessionStore:
    try:
        from theia_sf.proxy.sessions.redis import RedisStore  # noqa: PLC0415 (as above, and it may not be installed)
    except ModuleNotFoundError as error:
        message = "Sessions in Redis need the extra `redis`, which is not installed."
        raise UsageError(message, hint='Run: pip install "theia-sf[redis]"') from error
    path = config.redis_password_file
    password = guarded_files.read_secret(path, "password file") if path is not None else None
    return RedisStore(config.redis or "", sealer, password=password, prefix=config.redis_prefix)
