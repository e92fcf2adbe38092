"""The two public keys that a Snowflake user can have, either of which it may sign in with.

https://docs.snowflake.com/en/user-guide/key-pair-auth
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import TheiaError
from theia_sf.identity.users import User, current_user, describe_user
from theia_sf.secret import Secret
from theia_sf.snowflake.authenticators import KEY_PAIR
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.errors import ObjectNotFoundError, PrivilegeMissingError
from theia_sf.snowflake.identifiers import exact, literal
from theia_sf.snowflake.keys import PrivateKey, fingerprint, pem
from theia_sf.snowflake.public_keys import public_text
from theia_sf.snowflake.query import execute
from theia_sf.snowflake.settings import ConnectionSettings


@dataclass(frozen=True)
class KeySlot:
    """One of a user's two places for a public key.

    Attributes:
        name: the user's property that holds it.
        fingerprint: `SHA256:…` of the key in it; None if it is free.
        set_at: when the key was set, as Snowflake writes it; None if Snowflake does not tell.
    """

    name: str
    fingerprint: str | None
    set_at: str | None = None


SLOTS: Final = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")


def slots_of(user: User) -> tuple[KeySlot, KeySlot]:
    """Return the user's slots, the first and the second."""
    first, second = (
        KeySlot(name, user.properties.get(f"{name}_FP"), user.properties.get(f"{name}_LAST_SET_TIME")) for name in SLOTS
    )
    return first, second


def set_statement(user: User, slot: KeySlot, key: PrivateKey) -> str:
    """Return the SQL that gives the user the key's public half."""
    return f"ALTER USER {exact(user.name)} SET {slot.name} = {literal(public_text(key.public_key()))}"


def set_key(connection: SnowflakeConnection, user: User, slot: KeySlot, key: PrivateKey) -> KeySlot:
    """Put the public half of a key into a slot, and return the slot as Snowflake then describes it.

    Raises:
        PrivilegeMissingError, StatementFailedError: Snowflake refused.
        TheiaError: Snowflake shows another fingerprint than the key's.
    """
    with _privilege(user):
        execute(connection, set_statement(user, slot, key)).close()
    now = {found.name: found for found in slots_of(describe_user(connection, exact(user.name)))}[slot.name]
    if now.fingerprint != fingerprint(key):
        message = f"{slot.name} of {user.name} has the fingerprint {now.fingerprint}, and the key {fingerprint(key)}."
        raise TheiaError(message, hint="Somebody else may have set a key at the same time; look, and try again.")
    return now


def unset_key(connection: SnowflakeConnection, user: User, slot: KeySlot) -> None:
    """Take the key out of a slot; nobody can sign in with it from then on. Sessions that it opened go on."""
    with _privilege(user):
        execute(connection, f"ALTER USER {exact(user.name)} UNSET {slot.name}").close()


def sign_in_with(settings: ConnectionSettings, login_name: str, key: PrivateKey) -> str:
    """Sign in to the settings' account with a key, once, and return the name of the user that it is.

    Raises:
        LoginRefusedError, ConnectionFailedError: as `theia_sf.snowflake.connect.connect`.
    """
    mine = replace(
        settings,
        user=login_name,
        authenticator=KEY_PAIR,
        password=None,
        token=None,
        private_key=Secret(pem(key)),
        private_key_path=None,
        private_key_passphrase=None,
        role=None,
        warehouse=None,
        database=None,
        schema=None,
        source="the new key",
    )
    with session(mine, query_tag="theia-sf keypair") as connection:
        return current_user(connection)


@contextmanager
def _privilege(user: User) -> Generator[None]:
    try:
        yield
    except (PrivilegeMissingError, ObjectNotFoundError) as error:  # the user is there: it was described before
        message = f"The role may not set or unset public keys of {user.name}."
        hint = (
            "It takes OWNERSHIP of the user, or GRANT MODIFY PROGRAMMATIC AUTHENTICATION METHODS ON USER "
            f"{exact(user.name)} TO ROLE …; SNOWFLAKE_ROLE and --role choose another role."
        )
        raise PrivilegeMissingError(message, hint=hint, errno=error.errno, query_id=error.query_id) from error
