"""Workload identities of service users: what WORKLOAD_IDENTITY = (…) and ADD WORKLOAD IDENTITY store.

"Workload identity federation", "ALTER USER … ADD WORKLOAD IDENTITY". An AWS identity is kept as the account reads its
ARN, not as it was written: partition, AWS account, and the **first** segment after `role/` as the role's name. So a
path takes the name's place (`role/service-role/NAME` is the role `service-role`), which the account shows in no error
but that of a second user, and in the details of the method.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.catalog_base import now
from theia_sf.sandbox.snowflake.errors import SnowflakeError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.catalog import Catalog
    from theia_sf.sandbox.snowflake.principals import User

DEFAULT = "DEFAULT"  # the name of the identity in the property WORKLOAD_IDENTITY
MOST_PER_USER = 10  # "ALTER USER … ADD WORKLOAD IDENTITY", usage notes
DEFAULT_AUDIENCE = "snowflakecomputing.com"
LONGEST_SUBJECT = 255
ISSUER_SCHEMES = ("https://", "http://127.0.0.1:", "http://localhost:")

_IAM_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):(role|user)/([\w+=,.@/-]+)")
_SESSION_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sts::(\d{12}):assumed-role/([\w+=,.@-]+)/([\w+=,.@-]+)")
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# IAM User Guide, "Getting started with outbound identity federation": an issuer for each account. How those of the
# other partitions end is not published; they are told apart by the domains of their partitions.
AWS_ISSUERS = {
    "aws": re.compile(rf"https://{_UUID}\.tokens\.sts\.global\.api\.aws"),
    "aws-cn": re.compile(rf"https://{_UUID}\.tokens\.sts\.[a-z0-9.-]+\.cn"),
    "aws-us-gov": re.compile(rf"https://{_UUID}\.tokens\.sts\.[a-z0-9-]*gov[a-z0-9.-]*\.aws"),
}


@dataclass(frozen=True)
class AwsPrincipal:
    """An IAM role or user as the account knows it. `kind` is IAM_ROLE or IAM_USER, `name` has no path."""

    partition: str
    account: str
    kind: str
    name: str


@dataclass(kw_only=True)
class WorkloadIdentity:
    """One identity of a service user. `type` is AWS (with `principal`) or OIDC (with `issuer` and `subject`).

    An AWS identity's `issuer` is that of the account's outbound tokens; without one, only signed GetCallerIdentity
    requests are taken.
    """

    name: str
    type: str
    principal: AwsPrincipal | None = None
    issuer: str | None = None
    subject: str | None = None
    audiences: list[str] = field(default_factory=list[str])
    comment: str | None = None
    disabled: bool = False
    created_on: datetime = field(default_factory=now)
    created_by: str = ""
    last_used: datetime | None = None
    id: int = 0


def aws_principal(arn: str) -> AwsPrincipal | None:
    """How the account reads an ARN of a role, an IAM user or an assumed role; None for anything else."""
    if (found := _SESSION_ARN.fullmatch(arn)) is not None:
        return AwsPrincipal(found[1], found[2], "IAM_ROLE", found[3])
    if (found := _IAM_ARN.fullmatch(arn)) is not None:
        return AwsPrincipal(found[1], found[2], f"IAM_{found[3].upper()}", found[4].split("/", maxsplit=1)[0])
    return None


def from_properties(name: str, values: dict[str, Any]) -> WorkloadIdentity:
    """The identity that TYPE, ARN, ISSUER, SUBJECT and OIDC_AUDIENCE_LIST describe.

    Raises:
        SnowflakeError: 004616, a property is missing, not of this type, or not valid.
    """
    kind = str(values.get("TYPE"))
    _demand(kind in {"AWS", "OIDC"}, f"Invalid TYPE property in WORKLOAD_IDENTITY: '{kind}'. TYPE must be AWS or OIDC.")
    return _aws(name, values) if kind == "AWS" else _oidc(name, values)


def all_of(catalog: Catalog) -> Iterator[tuple[User, WorkloadIdentity]]:
    """Every identity of every user."""
    for user in list(catalog.users.values()):
        for identity in list(user.workload_identities.values()):
            yield user, identity


def attach(catalog: Catalog, user: User, identity: WorkloadIdentity) -> None:
    """Gives an identity to a user, in the place of the one with the same name.

    Raises:
        SnowflakeError: the same principal (or issuer and subject) belongs to an identity already.
    """
    with catalog.lock:
        for owner, other in all_of(catalog):
            if owner.name == user.name and (owner is not user or other.name == identity.name):
                continue  # it is the one, or is of the user, that this replaces
            if _key(other) == _key(identity):
                raise _taken(identity)
        identity.id = catalog.next_credential_id()
        user.workload_identities[identity.name] = identity


def details(identity: WorkloadIdentity, *, snake_case: bool = False) -> dict[str, Any]:
    """The details of SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS, or (snake case) of the CREDENTIALS view."""
    if identity.principal is not None:
        values: dict[str, Any] = {
            "awsPartition": identity.principal.partition,
            "awsAccount": identity.principal.account,
            "type": identity.principal.kind,
            "iamRole": identity.principal.name,
        }
        if identity.issuer is not None:
            values["issuer"] = identity.issuer
    else:
        values = {"issuer": identity.issuer, "subject": identity.subject, "audienceList": identity.audiences}
    if not snake_case:
        return values
    return {re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in values.items()}


def _key(identity: WorkloadIdentity) -> tuple[object, ...]:
    return (identity.type, identity.principal or (identity.issuer, identity.subject))


def _aws(name: str, values: dict[str, Any]) -> WorkloadIdentity:
    _allow(values, needed={"ARN"}, optional={"ISSUER"})
    principal = aws_principal(values["ARN"])
    issuer = values.get("ISSUER")
    if principal is None:
        raise _invalid(values, "ARN", "ARN must identify an IAM role or an IAM user.")
    if issuer is not None and not AWS_ISSUERS[principal.partition].fullmatch(issuer):
        raise _invalid(values, "ISSUER", "ISSUER must be a valid AWS STS JWT issuer URL matching the ARN partition.")
    return WorkloadIdentity(name=name, type="AWS", principal=principal, issuer=issuer)


def _oidc(name: str, values: dict[str, Any]) -> WorkloadIdentity:
    _allow(values, needed={"ISSUER", "SUBJECT"}, optional={"OIDC_AUDIENCE_LIST"})
    issuer, subject = values["ISSUER"], values["SUBJECT"]
    if not issuer.startswith(ISSUER_SCHEMES):
        raise _invalid(values, "ISSUER", "ISSUER must be an HTTPS URL.")
    if not 0 < len(subject) <= LONGEST_SUBJECT:
        raise _invalid(values, "SUBJECT", f"SUBJECT must have 1 to {LONGEST_SUBJECT} characters.")
    audiences = values.get("OIDC_AUDIENCE_LIST", [])
    return WorkloadIdentity(name=name, type="OIDC", issuer=issuer, subject=subject, audiences=audiences)


def _allow(values: dict[str, Any], *, needed: set[str], optional: set[str]) -> None:
    kind = values["TYPE"]
    for name in sorted(needed):
        _demand(name in values, f"Missing {name} property in WORKLOAD_IDENTITY of TYPE '{kind}'.")
    for name in sorted(set(values) - {"TYPE"}):
        known = name in needed | optional
        _demand(known, f"Property {name} is not allowed in WORKLOAD_IDENTITY of TYPE '{kind}'.")


def _taken(identity: WorkloadIdentity) -> SnowflakeError:
    if identity.principal is not None:
        kind = "IAM role" if identity.principal.kind == "IAM_ROLE" else "IAM user"
        message = (
            f"AWS Authenticator for AWS Account '{identity.principal.account}' and {kind} '{identity.principal.name}' "
            "already exists in this Snowflake account."
        )
    else:
        message = (
            f"OIDC Authenticator for issuer '{identity.issuer}' and subject '{identity.subject}' already exists in "
            "this Snowflake account."
        )
    return SnowflakeError(2002, "42710", message)


def _invalid(values: dict[str, Any], name: str, rule: str) -> SnowflakeError:
    of = f"WORKLOAD_IDENTITY of TYPE '{values['TYPE']}'"
    return _compilation(f"Invalid {name} property in {of}: '{values[name]}'. {rule}")


def _demand(holds: bool, detail: str) -> None:
    if not holds:
        raise _compilation(detail)


def _compilation(detail: str) -> SnowflakeError:
    return SnowflakeError(4616, "42601", f"SQL compilation error: {detail}")
