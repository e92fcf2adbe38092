"""Service users that sign in as an AWS role: made, and mended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import TheiaError, UsageError
from theia_sf.identity import issuers
from theia_sf.identity.bindings import DEFAULT_NAME, Binding, Bindings, bindings_of, list_bindings
from theia_sf.identity.service_user import ServiceUser
from theia_sf.identity.users import NoSuchUserError, describe_user
from theia_sf.snowflake.errors import StatementFailedError
from theia_sf.snowflake.identifiers import exact, like_pattern
from theia_sf.snowflake.query import execute, fetch_records

_ALREADY_EXISTS: Final = 2002
_INVALID_PROPERTY: Final = 4616
# Snowflake's words for a role that another user has: "AWS Authenticator for AWS Account '…' and IAM role '…' already
# exists in this Snowflake account."
_TAKEN: Final = re.compile(r"AWS Authenticator .*already exists", re.IGNORECASE)


class Action(StrEnum):
    """What a plan does to the user."""

    CREATE = "created"
    BIND = "bound"
    KEEP = "kept"


@dataclass(frozen=True)
class Plan:
    """What has to be done to have the user as wanted.

    Attributes:
        wanted: the user.
        action: whether it is made, an existing one bound, or its binding kept.
        statements: the SQL to run, in order.
        replaced: the binding that is lost by it.
    """

    wanted: ServiceUser
    action: Action
    statements: tuple[str, ...]
    replaced: Binding | None = None


def plan(connection: SnowflakeConnection, wanted: ServiceUser) -> Plan:
    """Find out what has to be done; change nothing.

    Raises:
        UsageError: the role is bound to another user; the user is a person; a Snowflake role does not exist.
    """
    _check_roles(connection, wanted.roles)
    try:
        user = describe_user(connection, exact(wanted.name))
    except NoSuchUserError:
        user = None
    if user is not None and not user.is_service:
        message = f"{user.name} is not a service user, and only these can sign in as an AWS role."
        raise UsageError(message, hint="Choose another name; theia-sf does not turn a person's user into a service's.")
    try:
        bindings = list_bindings(connection)
    except StatementFailedError:  # the role may not list users; Snowflake itself lets no two have one AWS role
        bindings = Bindings(())
    holder = bindings.holder(wanted.role_arn)
    if holder is not None and holder.user != wanted.name:
        raise _bound_elsewhere(wanted, holder)
    if user is None:
        return Plan(wanted, Action.CREATE, (wanted.create_statement(), *wanted.grant_statements()))
    own = [one for one in bindings.found if one.user == wanted.name]
    present = next((one for one in own if one.name == DEFAULT_NAME), None)
    keep = holder is not None and holder.status != "DISABLED" and wanted.issuer in {None, holder.issuer}
    alter = wanted.alter_statement(identity=not keep)
    statements = (*([alter] if alter else []), *wanted.grant_statements())
    lost = present if present is not None and not present.is_of(wanted.role_arn) else None
    return Plan(wanted, Action.KEEP if keep else Action.BIND, statements, lost)


def apply(connection: SnowflakeConnection, planned: Plan) -> Binding | None:
    """Do what was planned, and return the user's binding as Snowflake then shows it; None if it may not be seen.

    Raises:
        UsageError: Snowflake has the role bound to another user, or refuses the issuer.
        TheiaError: Snowflake refused; the message names what is done and what is not.
    """
    done: list[str] = []
    for statement in planned.statements:
        try:
            execute(connection, statement).close()
        except StatementFailedError as error:
            raise _refused(connection, planned.wanted, error, done) from error
        done.append(statement)
    try:
        found = bindings_of(connection, planned.wanted.name)
    except StatementFailedError:
        return None
    bound = next((one for one in found if one.is_of(planned.wanted.role_arn)), None)
    if bound is None or bound.fault:
        message = f"Snowflake shows {found[0].principal if found else 'nothing'} for {planned.wanted.name}."
        raise TheiaError(message, hint="Somebody else may have changed the user at the same time; look, and try again.")
    return bound


def _check_roles(connection: SnowflakeConnection, roles: tuple[str, ...]) -> None:
    for role in roles:
        names = [row["name"] for row in fetch_records(connection, f"SHOW ROLES LIKE {like_pattern(role)}")]
        if role not in names:
            message = f"There is no Snowflake role {role} that could be granted."
            raise UsageError(message, hint="`SHOW ROLES` lists them; `theia-sf status` names a stack's reader role.")


def _bound_elsewhere(wanted: ServiceUser, holder: Binding) -> UsageError:
    message = f"The AWS role {wanted.role_arn.arn} is bound to the Snowflake user {holder.user} already."
    hint = (
        f"Use {holder.user} (`theia-sf workload-identity create {holder.user} …` grants it more roles), or free the "
        f"AWS role: `theia-sf workload-identity delete {holder.user}`."
    )
    return UsageError(message, hint=hint)


def _refused(
    connection: SnowflakeConnection, wanted: ServiceUser, error: StatementFailedError, done: list[str]
) -> TheiaError:
    if _TAKEN.search(error.message):
        return _taken(connection, wanted, error)
    if error.errno == _INVALID_PROPERTY and wanted.issuer:
        return UsageError(f"Snowflake does not accept the issuer {wanted.issuer}: {error.message}", hint=issuers.HINT)
    if error.errno == _ALREADY_EXISTS:
        message = f"There is a user {wanted.name} already, and the role may not see it."
        return UsageError(message, hint="Choose another name, or use the role that owns the user (SNOWFLAKE_ROLE).")
    before = f" after {len(done)} of the statements" if done else ""
    hint = error.hint or "It takes CREATE USER, and OWNERSHIP of the roles or MANAGE GRANTS: USERADMIN, SECURITYADMIN."
    if done:
        hint += " Running the command again goes on from there."
    return TheiaError(f"Snowflake refused{before}: {error.message}", hint=hint)


def _taken(connection: SnowflakeConnection, wanted: ServiceUser, error: StatementFailedError) -> TheiaError:
    try:
        holder = list_bindings(connection).holder(wanted.role_arn)
    except TheiaError:
        holder = None
    if holder is not None and holder.user != wanted.name:
        return _bound_elsewhere(wanted, holder)
    message = f"The AWS role {wanted.role_arn.arn} is bound to a Snowflake user that this role may not see."
    hint = f"`theia-sf workload-identity list` with ACCOUNTADMIN names it. Snowflake says: {error.message}"
    return UsageError(message, hint=hint)
