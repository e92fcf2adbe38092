"""Which identities of AWS and others are bound to which Snowflake users, and which of these bindings cannot work.

Sources: SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS, and the view ACCOUNT_USAGE.CREDENTIALS, in Snowflake's SQL
reference. DESCRIBE USER tells no more than HAS_WORKLOAD_IDENTITY.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import TheiaError
from theia_sf.identity.role_arns import RoleArn
from theia_sf.identity.users import SERVICE_TYPES, is_true, show_users
from theia_sf.snowflake.errors import StatementFailedError
from theia_sf.snowflake.identifiers import exact
from theia_sf.snowflake.query import fetch_records

DEFAULT_NAME: Final = "DEFAULT"  # of the identity that CREATE USER … WORKLOAD_IDENTITY sets
AWS: Final = "AWS"
_ROLE: Final = "IAM_ROLE"
# How the paths begin that AWS itself gives to roles: Snowflake takes these for the role's name.
# IAM user guide, "IAM identifiers" and "Using service-linked roles"
_PATHS_OF_AWS: Final = frozenset({"service-role", "aws-service-role", "aws-reserved"})


@dataclass(frozen=True)
class Binding:
    """An identity that may sign in as a user.

    Attributes:
        user: the user.
        name: the identity's name, unique for the user.
        provider: AWS, AZURE, GCP or OIDC.
        details: Snowflake's details, keys in lower case without underscores: for AWS `awspartition`, `awsaccount`,
            `type`, `iamrole`, `issuer`; for the others `issuer`, `subject`.
        last_used: when a sign-in last used it; None if Snowflake does not tell.
        created_on: when it was made.
        status: ACTIVE or DISABLED; None where Snowflake does not tell.
    """

    user: str
    name: str
    provider: str
    details: Mapping[str, str]
    last_used: Any = None
    created_on: Any = None
    status: str | None = None

    @property
    def principal(self) -> str:
        """Who is bound, in one word: an ARN for AWS, else the subject."""
        if self.provider != AWS:
            return self.details.get("subject", "")
        get = self.details.get
        kind = "role" if get("type", _ROLE) == _ROLE else "user"
        return f"arn:{get('awspartition') or 'aws'}:iam::{get('awsaccount', '')}:{kind}/{get('iamrole', '')}"

    @property
    def issuer(self) -> str | None:
        """The issuer of its tokens, where it has one."""
        return self.details.get("issuer") or None

    @property
    def fault(self) -> str | None:
        """Why nobody can sign in by it, in one sentence; None if nothing is known against it."""
        role = self.details.get("iamrole", "")
        if self.status == "DISABLED":
            return "It is disabled."
        if self.provider != AWS or self.details.get("type", _ROLE) != _ROLE:
            return None
        if "/" in role:
            return f"Its ARN holds the path of the role, {role.rpartition('/')[0]}/, which AWS does not attest."
        if role in _PATHS_OF_AWS:
            return (
                f"{role} is the path of a role, which Snowflake took for its name, as the ARN was given with the path."
            )
        return None

    def is_of(self, role: RoleArn) -> bool:
        """Tell whether it is the role that is bound."""
        return self.provider == AWS and self.principal == role.arn


@dataclass(frozen=True)
class Bindings:
    """All bindings that a role sees.

    Attributes:
        found: the bindings, by user and name.
        hidden: service users that have an identity, or may have one, whose details the role may not see.
    """

    found: tuple[Binding, ...]
    hidden: tuple[str, ...] = ()

    def holder(self, role: RoleArn) -> Binding | None:
        """Return the binding of an AWS role; None if no user that is seen has it."""
        return next((binding for binding in self.found if binding.is_of(role)), None)

    def broken(self, role: RoleArn, path: str = "") -> list[Binding]:
        """Return the bindings that cannot work and may have been meant for an AWS role, the likeliest first.

        Args:
            role: the role.
            path: its path without slashes around it, where it is known: Snowflake takes its beginning for a name.
        """
        first = path.partition("/")[0]
        mine = [
            one
            for one in self.found
            if one.details.get("awsaccount") == role.account
            and (one.fault or (first and one.details.get("iamrole") == first))
        ]
        return sorted(mine, key=lambda one: (one.details.get("iamrole", "").partition("/")[0] != first, one.user))


def list_bindings(connection: SnowflakeConnection) -> Bindings:
    """Look up all bindings: one statement for all users, and one for each user that has a workload identity.

    Raises:
        ConnectionFailedError, StatementFailedError: as `theia_sf.snowflake.query.execute`, for the list of the users.
    """
    found: list[Binding] = []
    hidden: list[str] = []
    for user in show_users(connection):
        has, kind = user.get("has_workload_identity"), str(user.get("type") or "").upper()
        if is_true(has):
            try:
                found += bindings_of(connection, str(user["name"]))
            except StatementFailedError:
                hidden.append(str(user["name"]))
        elif has in {None, ""} and kind in SERVICE_TYPES:  # Snowflake blanks what the role may not see
            hidden.append(str(user["name"]))
    return Bindings(tuple(sorted(found, key=lambda one: (one.user, one.name))), tuple(sorted(hidden)))


def bindings_of(connection: SnowflakeConnection, user: str) -> list[Binding]:
    """Return the bindings of one user, whose name is as Snowflake stores it.

    Raises:
        ObjectNotFoundError, PrivilegeMissingError: it takes MONITOR on the user.
    """
    rows = fetch_records(connection, f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER {exact(user)}")
    return [_binding(user, row, "additional_info", "last_used") for row in rows]


def from_account_usage(connection: SnowflakeConnection) -> Bindings:
    """Look up all bindings in ACCOUNT_USAGE, which is up to two hours behind; needs a warehouse.

    Raises:
        TheiaError: the role may not read the view.
    """
    try:
        rows = fetch_records(
            connection,
            "SELECT user_name, name, type, additional_details, last_used_on, created_on, status"
            " FROM snowflake.account_usage.credentials"
            " WHERE domain = 'WORKLOAD_IDENTITY_FEDERATION_METHOD' ORDER BY user_name, name",
        )
    except StatementFailedError as error:
        message = f"The view SNOWFLAKE.ACCOUNT_USAGE.CREDENTIALS cannot be read: {error.message}"
        hint = "Use ACCOUNTADMIN, or a role with GRANT DATABASE ROLE SNOWFLAKE.SECURITY_VIEWER."
        raise TheiaError(message, hint=hint) from error
    return Bindings(tuple(_binding(str(row["user_name"]), row, "additional_details", "last_used_on") for row in rows))


def _binding(user: str, row: Mapping[str, Any], details: str, last_used: str) -> Binding:
    status = str(row.get("status") or "").upper()
    return Binding(
        user=user,
        name=str(row.get("name") or DEFAULT_NAME),
        provider=str(row.get("type") or "").upper(),
        details=_details(row.get(details)),
        last_used=row.get(last_used) or None,
        created_on=row.get("created_on") or None,
        status=status or None,
    )


def _details(value: object) -> dict[str, str]:
    """Read an OBJECT, which the connector hands over as JSON text; what is no object counts as empty."""
    try:
        found: object = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return {}
    if not isinstance(found, Mapping):
        return {}
    return {
        str(key).lower().replace("_", ""): str(item)
        for key, item in cast("Mapping[Any, Any]", found).items()
        if item is not None and not isinstance(item, (list, dict))
    }
