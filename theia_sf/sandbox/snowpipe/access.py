"""Whether a role of the customer's lets Snowflake in: what AWS would decide at sts:AssumeRole and after.

moto assumes any role for anyone, so the trust policy and the role's permissions are read and judged here.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (boto3's clients are made at run time and untyped)

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from theia_sf.sandbox.aws.conditions import LOOPBACK_CONTEXT, condition_holds
from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.snowflake.errors import SnowflakeError

CACHE_SECONDS = 1.0

Statements = list[Mapping[str, Any]]


@dataclass(frozen=True)
class Trust:
    """What an integration holds of the trust between Snowflake and the customer."""

    role_arn: str
    iam_user_arn: str
    external_id: str


@dataclass(frozen=True)
class _Role:
    trust: Statements
    permissions: Statements
    read_at: float


class RoleChecks:
    """Judges requests of Snowflake's under customers' roles; roles are read anew after `CACHE_SECONDS`."""

    def __init__(self, aws: AwsEndpoint) -> None:
        self._aws = aws
        self._roles: dict[str, _Role] = {}

    def require(self, trust: Trust, action: str, resource: str, **context: str) -> None:
        """Passes if Snowflake may do this.

        Args:
            trust: from the integration.
            action: for example `s3:GetObject`.
            resource: an ARN.
            context: condition keys by name, `_` for `:`.

        Raises:
            SnowflakeError: 003167 the role is missing or doesn't trust the integration; 003149 it lacks a permission.
        """
        role = self._role(trust.role_arn)
        keys = {"sts:externalid": trust.external_id}
        if role is None or not _allows(role.trust, "sts:AssumeRole", None, keys, principal=trust.iam_user_arn):
            raise SnowflakeError(
                3167,
                "42601",
                f"Error assuming AWS_ROLE:\nUser: {trust.iam_user_arn} is not authorized to perform: sts:AssumeRole on "
                f"resource: {trust.role_arn}",
            )
        keys = {name.replace("_", ":"): value for name, value in context.items()}
        if not _allows(role.permissions, action, resource, keys):
            raise SnowflakeError(
                3149,
                "42601",
                "Failure using stage area. Cause: [Access Denied (Status Code: 403; Error Code: AccessDenied): "
                f"{trust.role_arn} may not {action} on {resource}]",
            )

    def _role(self, arn: str) -> _Role | None:
        known = self._roles.get(arn)
        if known is None or time.monotonic() - known.read_at > CACHE_SECONDS:
            try:
                known = self._read(arn.rpartition("/")[2])
            except ClientError:
                self._roles.pop(arn, None)
                return None
            self._roles[arn] = known
        return known

    def _read(self, name: str) -> _Role:
        iam = self._aws.client("iam", "us-east-1")
        role = iam.get_role(RoleName=name)["Role"]
        documents = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
            version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
            documents.append(version["PolicyVersion"]["Document"])
        permissions = [statement for document in documents for statement in _statements(document)]
        return _Role(list(_statements(role["AssumeRolePolicyDocument"])), permissions, time.monotonic())


def _statements(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    statements = document.get("Statement", [])
    yield from cast("Statements", statements if isinstance(statements, list) else [statements])


def _allows(
    statements: Statements, action: str, resource: str | None, context: Mapping[str, str], principal: str | None = None
) -> bool:
    """The decision of a policy: some Allow, and no Deny."""
    keys = {**LOOPBACK_CONTEXT, **context}
    applying = {
        statement["Effect"]
        for statement in statements
        if _matches(statement.get("Action"), action, ignore_case=True)
        and (resource is None or _matches(statement.get("Resource"), resource))
        and (principal is None or _trusts(statement.get("Principal"), principal))
        and condition_holds(statement.get("Condition"), keys)
    }
    return applying == {"Allow"}


def _trusts(element: Any, principal: str) -> bool:
    wanted = cast("Mapping[str, Any]", element).get("AWS") if isinstance(element, dict) else element
    account_root = f"arn:aws:iam::{principal.split(':')[4]}:root"
    return any(text in {"*", principal, account_root} for text in _texts(wanted))


def _matches(element: Any, text: str, *, ignore_case: bool = False) -> bool:
    if ignore_case:
        return any(fnmatch.fnmatchcase(text.lower(), pattern.lower()) for pattern in _texts(element))
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in _texts(element))


def _texts(element: Any) -> list[str]:
    return [str(text) for text in cast("list[Any]", element if isinstance(element, list) else [element])]
