"""SHOW USERS and DESCRIBE USER. Columns and properties as the pages list them."""

from __future__ import annotations

from typing import Any

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.results import Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import times
from theia_sf.sandbox.snowflake.show.describe import shown
from theia_sf.sandbox.snowflake.show.filters import read_filter, visible
from theia_sf.sandbox.snowflake.sign_in.key_pair import fingerprint, parse_public_key
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.users import USER


def users(statement: Statement) -> Result:
    """SHOW USERS."""
    narrowed = read_filter(statement, levels=1)
    columns = ["name", *times("created_on"), "login_name", "display_name", "first_name", "last_name", "email"]
    columns += ["mins_to_unlock", "days_to_expiry", "comment", "disabled", "must_change_password", "snowflake_lock"]
    columns += ["default_warehouse", "default_namespace", "default_role", "default_secondary_roles", "ext_authn_duo"]
    columns += ["ext_authn_uid", "mins_to_bypass_mfa", "owner"]
    columns += [*times("last_success_login", "expires_at_time", "locked_until_time"), "has_password"]
    columns += ["has_rsa_public_key", "type", "has_mfa", "has_pat", "has_workload_identity"]
    rows = [
        (
            *(u.name, u.created_on, u.login_name, u.display_name, u.first_name or "", u.last_name or "", u.email or ""),
            *(_minutes_to_unlock(u), u.days_to_expiry, u.comment or "", shown(u.disabled)),
            *(shown(u.must_change_password), "false", u.default_warehouse or "", u.default_namespace or ""),
            *(u.default_role or "", '["ALL"]' if u.default_secondary_roles else "[]", "false", "", "", u.owner),
            *(u.last_success_login, None, u.locked_until, shown(u.password_hash is not None)),
            *(shown(bool(u.rsa_public_key or u.rsa_public_key_2)), u.type, shown(u.totp is not None)),
            *(shown(bool(u.tokens)), shown(bool(u.workload_identities))),
        )
        for u in narrowed.apply(visible(statement, "USER", statement.catalog.users.values()))
    ]
    return listing(columns, rows)


def describe(statement: Statement) -> Result:
    """DESCRIBE USER. "DESCRIBE USER", usage notes: everybody may see their own properties."""
    found = _described(statement)
    values: dict[str, Any] = {
        "NAME": found.name,
        "COMMENT": found.comment,
        "DISPLAY_NAME": found.display_name,
        "TYPE": found.type,
        "LOGIN_NAME": found.login_name,
        "FIRST_NAME": found.first_name,
        "MIDDLE_NAME": found.middle_name,
        "LAST_NAME": found.last_name,
        "EMAIL": found.email,
        "PASSWORD": "********" if found.password_hash else None,
        "MUST_CHANGE_PASSWORD": found.must_change_password,
        "DISABLED": found.disabled,
        "SNOWFLAKE_LOCK": False,
        "SNOWFLAKE_SUPPORT": False,
        "DAYS_TO_EXPIRY": found.days_to_expiry,
        "MINS_TO_UNLOCK": _minutes_to_unlock(found),
        "DEFAULT_WAREHOUSE": found.default_warehouse,
        "DEFAULT_NAMESPACE": found.default_namespace,
        "DEFAULT_ROLE": found.default_role,
        "DEFAULT_SECONDARY_ROLES": '["ALL"]' if found.default_secondary_roles else "[]",
        "EXT_AUTHN_DUO": False,
        "EXT_AUTHN_UID": None,
        "HAS_MFA": found.totp is not None,
        "HAS_PAT": bool(found.tokens),
        "HAS_WORKLOAD_IDENTITY": bool(found.workload_identities),
        "MINS_TO_BYPASS_MFA": None,
        "MINS_TO_BYPASS_NETWORK_POLICY": None,
        "RSA_PUBLIC_KEY": found.rsa_public_key,
        "RSA_PUBLIC_KEY_FP": _fingerprint(found.rsa_public_key),
        "RSA_PUBLIC_KEY_LAST_SET_TIME": None,
        "RSA_PUBLIC_KEY_2": found.rsa_public_key_2,
        "RSA_PUBLIC_KEY_2_FP": _fingerprint(found.rsa_public_key_2),
        "RSA_PUBLIC_KEY_2_LAST_SET_TIME": None,
        "PASSWORD_LAST_SET_TIME": None,
        "CUSTOM_LANDING_PAGE_URL": None,
        "CUSTOM_LANDING_PAGE_URL_FLUSH_NEXT_UI_LOAD": False,
    }
    rows = [
        (name, "null" if value is None else shown(value), "false" if isinstance(value, bool) else "null", "")
        for name, value in values.items()
    ]
    return listing(["property", "value", "default", "description"], rows, describe=True)


def _described(statement: Statement) -> User:
    name = objects.read_name(statement, USER)
    statement.tokens.expect_end()
    if name == (statement.session.user,):
        return statement.catalog.users[statement.session.user]
    return objects.existing(statement, USER, name, "MONITOR", "MODIFY")


def _minutes_to_unlock(user: User) -> int | None:
    """How long a user still has to wait after too many wrong passwords; what was set if it doesn't have to."""
    if user.locked_until is None or user.locked_until <= now():
        return user.mins_to_unlock
    return 1 + int((user.locked_until - now()).total_seconds() // 60)


def _fingerprint(body: str | None) -> str | None:
    return fingerprint(parse_public_key(body)) if body else None
