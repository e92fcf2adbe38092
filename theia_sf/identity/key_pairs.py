"""Give a Snowflake user a key pair, exchange it without a failed sign-in in between, and retire the old one.

A user has two places for public keys, and may sign in with either. So a new key is

1. written beside the old one,
2. put, its public half, into the free slot,
3. tried by a sign-in,
4. put in the old one's place in one step; the old key is still valid for clients that hold it in memory.

Only `retire` ends the old key. What was interrupted in between goes on when it is run again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError
from theia_sf.identity.key_slots import KeySlot, set_key, set_statement, sign_in_with, slots_of, unset_key
from theia_sf.identity.key_store import KeyStore
from theia_sf.identity.users import User, describe_user
from theia_sf.snowflake.errors import LoginRefusedError, StatementFailedError
from theia_sf.snowflake.keys import PrivateKey, fingerprint
from theia_sf.snowflake.settings import ConnectionSettings


@dataclass(frozen=True)
class Target:
    """Whose keys, and with which settings to try them.

    Attributes:
        connection: an open session that may change the user.
        user: the user.
        settings: of the account; with `login_name` and the new key, they are used to sign in once.
        check: whether to sign in with new keys (a network policy may keep this machine from doing so).
    """

    connection: SnowflakeConnection
    user: User
    settings: ConnectionSettings
    check: bool = True


@dataclass(frozen=True)
class KeyPair:
    """A key pair that was set.

    Attributes:
        user: whose it is.
        slot: the property that holds its public half.
        fingerprint: of its public half.
        place: where the private key is.
        signed_in: whether a sign-in with it was tried, and succeeded.
        old_fingerprint: of the key that it replaces, and that is still valid; None for a first key.
        old_place: where the replaced private key is kept; None if it is not.
        resumed: whether the key is that of an interrupted run.
        option: the option of `theia-sf keypair` that names the place.
    """

    user: str
    slot: str
    fingerprint: str
    place: str
    signed_in: bool
    old_fingerprint: str | None = None
    old_place: str | None = None
    resumed: bool = False
    option: str = ""


def create(target: Target, store: KeyStore, make: Callable[[], PrivateKey], *, replace: bool = False) -> KeyPair:
    """Make a key pair and give it to the user, in the first slot that is free.

    Args:
        target: the user.
        store: where the private key goes.
        make: makes the key; not called if an interrupted run left one.
        replace: whether something else that is there may be replaced.

    Raises:
        UsageError: no slot is free, or the key cannot be written; nothing was changed.
        TheiaError: Snowflake did not take the key; where it is kept, the error says so, with the statement to run.
        LoginRefusedError: Snowflake refuses the sign-in with the key; nothing was changed.
    """
    if store.is_taken and not replace:
        message = f"There is something in {store} already, which may be a key that is in use."
        raise UsageError(message, hint="Choose another file with --key-file, add --replace, or use `keypair rotate`.")
    return _install(target, store, make, None)


def rotate(
    target: Target, store: KeyStore, make: Callable[[], PrivateKey], in_use: PrivateKey | None = None
) -> KeyPair:
    """Give the user a new key beside the one in use, and put it in that one's place. The old one stays valid.

    Args:
        target: the user.
        store: where the key in use is, and the new one will be.
        make: makes the new key; not called if an interrupted run left one.
        in_use: the key in use, where the store has none (yet).

    Raises:
        UsageError: the key in use is unknown, or is not the user's; no slot is free; nothing was changed.
        TheiaError, LoginRefusedError: as `create`; the old key is still in use.
    """
    return _install(target, store, make, slot_in_use(target.user, store, in_use))


def _install(target: Target, store: KeyStore, make: Callable[[], PrivateKey], old: KeySlot | None) -> KeyPair:
    user = target.user
    left = store.staged()
    slot = _slot_of(user, left) if left is not None else None
    key = left if left is not None and slot is not None else None
    if key is None or slot is None:
        slot = _free_slot(user, old, store)
        key = left or make()
        if left is None:
            store.stage(key)
        try:
            set_key(target.connection, user, slot, key)
        except (StatementFailedError, ConnectionFailedError) as error:
            raise _not_set(target, store, slot, key, error) from error
    try:
        _try(target, slot, key)
    except ConnectionFailedError as error:
        if not isinstance(error, LoginRefusedError) and store.staged_place is not None:
            raise _not_tried(store, error) from error
        unset_key(target.connection, user, slot)
        store.discard()
        raise
    try:
        kept = store.commit()
    except TheiaError:
        if store.staged_place is None:  # the private key is lost
            unset_key(target.connection, user, slot)
        raise
    return KeyPair(
        user=user.name,
        slot=slot.name,
        fingerprint=fingerprint(key),
        place=store.place,
        signed_in=target.check,
        old_fingerprint=old.fingerprint if old else None,
        old_place=kept,
        resumed=left is not None,
        option=store.option,
    )


def _not_tried(store: KeyStore, error: ConnectionFailedError) -> ConnectionFailedError:
    message = f"The new key is set, but could not be tried: {error.message}"
    advice = f"{error.hint} " if error.hint else ""
    hint = f"{advice}Run the command again, which goes on with the private key in {store.staged_place}."
    return ConnectionFailedError(message, hint=hint)


def _not_set(target: Target, store: KeyStore, slot: KeySlot, key: PrivateKey, error: TheiaError) -> TheiaError:
    if store.staged_place is None:
        return error
    message = f"The new private key is in {store.staged_place}, but is not known to be set: {error.message}"
    advice = f"{error.hint} " if error.hint else ""
    statement = set_statement(target.user, slot, key)
    hint = f"{advice}Run the command again, which goes on with this key; before, somebody who may can run: {statement};"
    return type(error)(message, hint=hint)


def retire(target: Target, store: KeyStore, in_use: PrivateKey | None = None) -> KeySlot | None:
    """Take away the user's other key than the one in use; None if there is none.

    Raises:
        UsageError: the key in use is unknown, or is not the user's: it could be the only one that works.
        LoginRefusedError: Snowflake refuses the sign-in with the key in use; nothing was changed.
    """
    other = slot_not_in_use(target.user, store, in_use)
    if other is None:
        return None
    key = store.current() or in_use
    if key is not None and target.check:
        sign_in_with(target.settings, target.user.login_name, key)
    unset_key(target.connection, target.user, other)
    store.forget_old(other.fingerprint or "")
    return other


def slot_in_use(user: User, store: KeyStore, in_use: PrivateKey | None) -> KeySlot:
    """Return the slot of the key that is in use: the store's, or else `in_use`.

    Raises:
        UsageError: there is no such key, or the user has another one.
    """
    key = store.current() or in_use
    if key is None:
        message = f"It is not known which private key {user.name} signs in with: there is none in {store}."
        raise UsageError(message, hint="Name its file with --key-file; `theia-sf keypair create` makes a first one.")
    slot = _slot_of(user, key)
    if slot is None:
        message = f"The key in {store}, {fingerprint(key)}, is not a key of {user.name}, which has {_held(user)}."
        raise UsageError(message, hint="Name the file of a key that the user has with --key-file.")
    return slot


def slot_not_in_use(user: User, store: KeyStore, in_use: PrivateKey | None) -> KeySlot | None:
    """Return the slot of the user's other key than the one in use; None if it is free. Errors as `slot_in_use`."""
    keep = slot_in_use(user, store, in_use)
    return next((slot for slot in slots_of(user) if slot.name != keep.name and slot.fingerprint), None)


def _slot_of(user: User, key: PrivateKey) -> KeySlot | None:
    return next((slot for slot in slots_of(user) if slot.fingerprint == fingerprint(key)), None)


def _free_slot(user: User, old: KeySlot | None, store: KeyStore) -> KeySlot:
    free = next((slot for slot in slots_of(user) if slot.fingerprint is None), None)
    if free is not None:
        return free
    used = f"; {old.fingerprint} is the one in {store}" if old else ""
    message = f"{user.name} has two keys already, {_held(user)}{used}."
    option = store.option if old else "--key-file FILE"
    hint = (
        f"When no program uses {'the other one' if old else 'one of them'} any more, run "
        f"`theia-sf keypair retire {shlex.quote(user.name)} {option}`, which ends all but the key there; "
        "or ALTER USER … UNSET one of them."
    )
    raise UsageError(message, hint=hint)


def _held(user: User) -> str:
    held = [f"{slot.name} {slot.fingerprint}" for slot in slots_of(user) if slot.fingerprint]
    return " and ".join(held) or "no key at all"


def _try(target: Target, slot: KeySlot, key: PrivateKey) -> None:
    if not target.check:
        return
    try:
        sign_in_with(target.settings, target.user.login_name, key)
    except LoginRefusedError as error:
        message = f"Snowflake took the new key as {slot.name} of {target.user.name}, but refuses it: {error.message}"
        hint = f"{error.hint or ''} The key was taken away again; --no-sign-in leaves out this check.".strip()
        raise LoginRefusedError(message, hint=hint) from error


def read_target(
    connection: SnowflakeConnection, name: str, settings: ConnectionSettings, *, check: bool = True
) -> Target:
    """Look the user up, and return all that the functions above need.

    Raises:
        NoSuchUserError: there is none that the role sees.
    """
    return Target(connection, describe_user(connection, name), settings, check)
