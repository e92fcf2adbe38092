"""Which Snowflake user the AWS identity of this process signs in as, and why it is none."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import jwt

from theia_sf.aws.arns import parse_arn
from theia_sf.aws.errors import aws_errors
from theia_sf.aws.session import caller_identity, client
from theia_sf.credentials.fields import FIELDS, Part
from theia_sf.errors import TheiaError, UsageError
from theia_sf.identity.bindings import Bindings
from theia_sf.identity.role_arns import RoleArn, parse_role_arn
from theia_sf.identity.service_user import ServiceUser
from theia_sf.identity.users import current_user
from theia_sf.snowflake.authenticators import WORKLOAD_IDENTITY, choose
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.errors import UnknownWorkloadError
from theia_sf.snowflake.settings import ConnectionSettings, resolve
from theia_sf.snowflake.sign_in import SignIn

AUDIENCE: Final = "snowflakecomputing.com"
_PATH_FLAG: Final = "--impersonation-path ARN"
_PREFIX: Final = "workload_identity_"  # of the fields that say how a workload signs in


_NOT_LOOKED_UP: Final = (
    "No Snowflake user is bound to this role. If one was meant to be, it may have been bound by an ARN with a path,"
    " such as role/service-role/NAME: `theia-sf workload-identity list`, signed in as an administrator, marks that user"
    " as broken, and the command to mend it takes that user's name."
)


@dataclass(frozen=True)
class Caller:
    """Who signs in.

    Attributes:
        arn: whom AWS takes this process for.
        role: the role that Snowflake gets to know, path-free; None if it is no role.
        fault: why it is no role, in one sentence; None if it is one.
    """

    arn: str
    role: RoleArn | None
    fault: str | None = None


@dataclass(frozen=True)
class Finding:
    """The outcome of a check.

    Attributes:
        caller: who signs in.
        user: the Snowflake user that Snowflake took the caller for; None if there is none.
        fault: why there is none, in one sentence, as far as it is known.
        command: the command of theia-sf that mends it.
        statement: the SQL that does the same.
    """

    caller: Caller
    user: str | None = None
    fault: str | None = None
    command: str | None = None
    statement: str | None = None


def find_caller(region: str | None, impersonation_path: tuple[str, ...] = ()) -> Caller:
    """Ask AWS who this process is, or say which role it becomes at the end of a path of roles.

    Raises:
        ConnectionFailedError: no or refused AWS credentials, or no network.
        UsageError: an ARN in the path is not a role's.
    """
    arn = caller_identity(region).arn
    path = [parse_role_arn(given) for given in impersonation_path]
    try:
        role = path[-1] if path else parse_role_arn(arn)
    except UsageError as error:
        fault = f"{error.message} Run this where the workload runs, or name the role that it assumes by {_PATH_FLAG}."
        return Caller(arn, None, fault=fault)
    return Caller(arn, role)


def workload_settings(flags: SignIn, environ: Mapping[str, str] = os.environ) -> ConnectionSettings:
    """Return settings for a sign-in by workload identity: the flags' and variables' account, and nobody's credentials.

    Raises:
        ConnectionFailedError: no account is known.
        UsageError: as `theia_sf.snowflake.settings.resolve`.
    """
    ours = {
        name: value
        for field in FIELDS.values()
        if field.part in {Part.CREDENTIALS, Part.SESSION} or field.name == "user"
        for name in field.variables
        if (value := environ.get(name)) is not None and not field.name.startswith(_PREFIX)
    }
    variables = {name: value for name, value in environ.items() if name not in ours}
    variables |= {"SNOWFLAKE_AUTHENTICATOR": WORKLOAD_IDENTITY, "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS"}
    given = SignIn(
        account=flags.account,
        credentials_file=flags.credentials_file,
        connection=flags.connection,
        secret_id=flags.secret_id,
    )
    found = resolve(given, variables)
    return replace(found, user="", role=None, warehouse=None, database=None, schema=None)


def ordinary_settings(flags: SignIn, environ: Mapping[str, str] = os.environ) -> ConnectionSettings | None:
    """Return settings for a sign-in other than by workload identity; None if there are none.

    Variables that say how the workload signs in do not count: beside them a connection or an encrypted file may be
    named.

    Raises:
        ConnectionFailedError, UsageError: as `theia_sf.snowflake.settings.resolve`.
    """
    named = environ.get("SNOWFLAKE_AUTHENTICATOR")
    dropped = {name for field in FIELDS.values() if field.name.startswith(_PREFIX) for name in field.variables}
    if named and choose({}, named).name == WORKLOAD_IDENTITY:
        dropped.add("SNOWFLAKE_AUTHENTICATOR")
    variables = {name: value for name, value in environ.items() if name not in dropped}
    found = resolve(flags, variables)
    return None if found.authenticator == WORKLOAD_IDENTITY else found


def token_issuer() -> str | None:
    """Ask AWS for a token such as the connector sends, and return its issuer; None if AWS gives none."""
    try:
        with aws_errors("get an outbound identity token"):
            answer: Any = client("sts", None).get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="ES384")
        return str(jwt.decode(answer["WebIdentityToken"], options={"verify_signature": False})["iss"])
    except (TheiaError, KeyError, jwt.InvalidTokenError):
        return None


def check(caller: Caller, settings: ConnectionSettings, look_up: Callable[[], Bindings | None]) -> Finding:
    """Sign in once as the workload, and explain it if Snowflake knows no user for it.

    Args:
        caller: who signs in.
        settings: as `workload_settings`.
        look_up: returns the bindings that an ordinary sign-in sees; None without one. Called only if needed.

    Raises:
        LoginRefusedError: Snowflake refused for another reason than that it knows no user.
        ConnectionFailedError: Snowflake was not reached, or AWS gave no attestation.
    """
    try:
        with session(settings, query_tag="theia-sf workload-identity check") as connection:
            return Finding(caller, user=current_user(connection))
    except UnknownWorkloadError:
        pass
    if caller.role is None:
        return Finding(caller, fault=caller.fault)
    by_token = settings.workload_identity_aws_use_outbound_token and not settings.workload_identity_impersonation_path
    return _explain(caller, caller.role, look_up(), token_issuer() if by_token else None)


def _explain(caller: Caller, role: RoleArn, bindings: Bindings | None, issuer: str | None) -> Finding:
    holder = bindings.holder(role) if bindings else None
    if holder is not None and (holder.fault or issuer in {None, holder.issuer}):
        fault = holder.fault or f"{holder.user} is bound to this role, and yet Snowflake does not find it."
        return Finding(caller, fault=fault)
    path = _role_path(role) if bindings and bindings.found else ""
    broken = bindings.broken(role, path) if bindings else []
    if holder is not None:
        name = holder.user
        fault = f"{name} is bound to this role with the issuer {holder.issuer or 'none'}, and the token's is {issuer}."
        statement = ServiceUser(name, role, issuer).alter_statement(identity=True)
    elif broken:
        name = broken[0].user
        fault = f"{name} was bound to {broken[0].principal}: {broken[0].fault or _path_fault(path)}"
        statement = ServiceUser(name, role, issuer).alter_statement(identity=True)
    else:
        name = re.sub(r"[^A-Z0-9_]+", "_", role.name.upper())
        fault = "No Snowflake user is bound to this role." if bindings else _NOT_LOOKED_UP
        statement = ServiceUser(name, role, issuer).create_statement()
    command = f"theia-sf workload-identity create {name} --role-arn {role.arn}"
    command += f" --issuer {issuer}" if issuer else ""
    return Finding(caller, fault=fault, command=command, statement=f"{statement};")


def _path_fault(path: str) -> str:
    return f"that is the path of the role, {path}/, which Snowflake took for its name, as the ARN was given with it."


def _role_path(role: RoleArn) -> str:
    """Return the role's path without slashes around it, if the caller may ask IAM for it; empty otherwise."""
    try:
        with aws_errors(f"look at the role {role.name}"):
            found: Any = client("iam", None).get_role(RoleName=role.name)["Role"]
    except TheiaError:
        return ""
    return str(found["Path"]).strip("/") if parse_arn(found["Arn"], "iam").account == role.account else ""
