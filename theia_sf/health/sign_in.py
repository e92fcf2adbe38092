"""The sign-in to Snowflake in detail: what it is made of, whose it is, and what that user may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
from snowflake.connector import SnowflakeConnection

from theia_sf.health.check import Check, Verdict, guarded
from theia_sf.identity.key_slots import slots_of
from theia_sf.identity.users import User, describe_user
from theia_sf.identity.workload import find_caller
from theia_sf.snowflake import keys
from theia_sf.snowflake.authenticators import AUTHENTICATORS, KEY_PAIR, PASSWORD, WORKLOAD_IDENTITY
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.connector_arguments import load_key
from theia_sf.snowflake.identifiers import exact
from theia_sf.snowflake.query import fetch_all, fetch_records
from theia_sf.snowflake.settings import ConnectionSettings, SignIn, resolve

ADVISE_AGAINST = "Snowflake is ending sign-in by password alone: use a key pair or an access token."


def sign_in_details(sign_in: SignIn) -> Iterator[Check]:
    """Tell where the settings come from and what is in them, sign in once, and tell as whom. Needs no warehouse."""
    yield from guarded("Snowflake sign-in", lambda: _details(resolve(sign_in)))


def _details(settings: ConnectionSettings) -> Iterator[Check]:
    title = AUTHENTICATORS[settings.authenticator].title
    yield Check("Source", Verdict.OK, settings.source)
    yield Check("Account", Verdict.OK, f"{settings.account}, at {settings.endpoint}")
    if settings.authenticator == PASSWORD:
        yield Check("Authenticator", Verdict.WARNING, f"{settings.authenticator} ({title})", ADVISE_AGAINST)
    else:
        yield Check("Authenticator", Verdict.OK, f"{settings.authenticator} ({title})")
    yield from _credentials(settings)
    with session(settings, query_tag="theia-sf doctor") as connection:
        yield from _identity(connection, settings)


def _credentials(settings: ConnectionSettings) -> Iterator[Check]:
    """What can be told of the credentials without showing them."""
    if settings.authenticator == KEY_PAIR:
        fingerprint = keys.fingerprint(load_key(settings))
        yield Check("Key", Verdict.OK, f"{fingerprint} (RSA_PUBLIC_KEY_FP in DESC USER)")
    if settings.authenticator == WORKLOAD_IDENTITY and settings.workload_identity_provider == "AWS":
        yield from guarded("Workload", lambda: _caller(settings))
    elif settings.token is not None:
        yield token_check(settings.token.reveal(), datetime.now(UTC))


def _caller(settings: ConnectionSettings) -> Iterator[Check]:
    caller = find_caller(None, settings.workload_identity_impersonation_path)
    way = settings.workload_identity_impersonation_path
    assumes = f", which assumes {' and then '.join(way)}" if way else ""
    known_as = f", which Snowflake knows as {caller.role.arn}" if caller.role else ""
    yield Check("Workload", Verdict.OK, f"{caller.arn}{assumes}{known_as}")


def token_check(token: str, now: datetime) -> Check:
    """Return what a token says of itself, if it can be read: issuer, subject and end; never the token."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return Check("Token", Verdict.OK, "its end cannot be read from it")
    whose = ", ".join(f"{name} {claims[name]}" for name in ("iss", "sub") if claims.get(name))
    end = claims.get("exp")
    if not isinstance(end, (int, float)):
        return Check("Token", Verdict.OK, whose or "it does not tell its end")
    until = datetime.fromtimestamp(end, UTC)
    when = f"{until:%Y-%m-%d %H:%M:%S} UTC"
    if until <= now:
        detail = f"it ended at {when}" + (f" ({whose})" if whose else "")
        return Check("Token", Verdict.FAILED, detail, "Make a new one, and put it where this one was.")
    return Check("Token", Verdict.OK, f"good until {when}" + (f" ({whose})" if whose else ""))


def _identity(connection: SnowflakeConnection, settings: ConnectionSettings) -> Iterator[Check]:
    user, role, account, organization, version = (
        str(value)
        for value in fetch_all(
            connection,
            "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_ACCOUNT_NAME(), CURRENT_ORGANIZATION_NAME(), "
            "CURRENT_VERSION()",
        )[0]
    )
    yield Check("Signed in", Verdict.OK, f"as {user} to {organization}-{account}, version {version}")
    found: list[User] = []

    def look_up() -> Iterator[Check]:
        found.append(describe_user(connection, exact(user)))
        yield from ()

    yield from _if_allowed("User", look_up)
    yield from _if_allowed("Roles", lambda: _roles(connection, user, role, found[0] if found else None))
    if settings.authenticator == KEY_PAIR and found:
        yield _key_slot(found[0], keys.fingerprint(load_key(settings)))


def _if_allowed(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield what `look` finds; what the role may not see is no failure of the sign-in."""
    for check in guarded(name, look):
        yield replace(check, verdict=Verdict.SKIPPED) if check.verdict is Verdict.FAILED else check


def _roles(connection: SnowflakeConnection, user: str, role: str, found: User | None) -> Iterator[Check]:
    rows = fetch_records(connection, f"SHOW GRANTS TO USER {exact(user)}")
    granted = ", ".join(sorted(str(row["role"]) for row in rows)) or "none but PUBLIC"
    default = (found.properties.get("DEFAULT_ROLE") or "none") if found else "not visible"
    yield Check("Roles", Verdict.OK, f"{role} is in use; default: {default}; granted: {granted}")


def _key_slot(user: User, fingerprint: str) -> Check:
    """Tell which of the user's two keys this one is."""
    slots = {slot.fingerprint: slot for slot in slots_of(user) if slot.fingerprint}
    if fingerprint in slots:
        slot = slots[fingerprint]
        since = f", set at {slot.set_at}" if slot.set_at else ""
        return Check("Key in Snowflake", Verdict.OK, f"{slot.name} of {user.name}{since}")
    if not slots:
        return Check("Key in Snowflake", Verdict.SKIPPED, "the role may not see the fingerprints")
    seen = ", ".join(f"{slot.name} {slot.fingerprint}" for slot in slots.values())
    return Check("Key in Snowflake", Verdict.WARNING, f"it is none of {seen}", "It was replaced: get the new key.")
