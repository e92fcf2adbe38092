"""AssumeRole as AWS answers it. moto hands out credentials of any role, existing or not, to anybody.

A role that does not exist is refused in the same words as one that does not trust the caller (AWS does not tell which).
A session's longest time is that of the STS API Reference, "AssumeRole": the role's MaxSessionDuration, and one hour for
a role that another role's session assumes.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto is only partly typed.

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from moto.core.exceptions import AccessDeniedError
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.exceptions import STSValidationError
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from theia_sf.sandbox.aws.identities import KeyIdentity, find
from theia_sf.sandbox.aws.trust import Principal, is_trusted, source

CHAINED_SECONDS: Final = 3600
_SESSION_NAME: Final = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_ROLE_ARN: Final = re.compile(r"arn:aws:iam::(\d{12}):role/.+")

_assume_role = TokenResponse.assume_role


def assume_role(response: Any) -> Any:
    """Answer AssumeRole, in place of moto's method of the same name.

    Raises:
        AccessDeniedError, STSValidationError: as AWS does; moto writes them as the answer.
    """
    role_arn = str(response._get_param("RoleArn"))  # noqa: SLF001 - what moto's own methods call
    name = str(response._get_param("RoleSessionName"))  # noqa: SLF001 - as above
    seconds = response._get_int_param("DurationSeconds", 3600)  # noqa: SLF001 - as above
    external_id = response._get_param("ExternalId")  # noqa: SLF001 - as above
    _check_name(name)
    caller = find(response.get_access_key())
    role = find_role(role_arn)
    context = {"sts:rolesessionname": name} | ({"sts:externalid": str(external_id)} if external_id else {})
    if caller is None or role is None or not _trusts(role, caller, context):
        raise AccessDeniedError(
            user_arn=caller.arn if caller else "anonymous", action=f"sts:AssumeRole on resource: {role_arn}"
        )
    _check_duration(seconds, caller, role)
    return _assume_role(response)


def find_role(role_arn: str) -> Any | None:
    """moto's role of exactly this ARN, path included, of whatever account; or None."""
    match = _ROLE_ARN.fullmatch(role_arn)
    if match is None or match.group(1) not in iam_backends:
        return None
    try:
        return iam_backends[match.group(1)]["aws"].get_role_by_arn(role_arn)
    except NotFoundException:
        return None


def assume_for_service(
    role_arn: str, service: str, source_arn: str, session_name: str, seconds: int
) -> KeyIdentity | None:
    """Temporary credentials of a role for an AWS service.

    Args:
        role_arn: the role, with its path.
        service: who assumes it, such as `lambda.amazonaws.com`.
        source_arn: for what: the function's ARN.
        session_name: part of the session's ARN.
        seconds: for how long.

    Returns:
        The credentials, or None if there is no such role or its trust policy does not name the service.
    """
    role = find_role(role_arn)
    if role is None or not trusts_service(role, service, source_arn):
        return None
    session = sts_backends[role.account_id]["aws"].assume_role(
        region_name=source_arn.split(":")[3],
        role_session_name=session_name,
        role_arn=role_arn,
        policy="",
        duration=seconds,
        external_id="",
    )
    return find(session.access_key_id)


def trusts_service(role: Any, service: str, source_arn: str) -> bool:
    """Whether moto's role may be assumed by a service for one of the role's account's resources."""
    context = source(role.account_id, source_arn)
    return is_trusted(role.assume_role_policy_document, Principal(service=service), context)


def _trusts(role: Any, caller: KeyIdentity, context: Mapping[str, str]) -> bool:
    principal = Principal(arn=caller.arn, account=caller.account, role_arn=caller.role_arn)
    return is_trusted(role.assume_role_policy_document, principal, context)


def _check_name(name: str) -> None:
    if not _SESSION_NAME.fullmatch(name):
        message = (
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}"
        )
        raise STSValidationError(message)


def _check_duration(seconds: int, caller: KeyIdentity, role: Any) -> None:
    if caller.role_arn is not None and seconds > CHAINED_SECONDS:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        raise STSValidationError(message)
    if seconds > int(role.max_session_duration or CHAINED_SECONDS):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise STSValidationError(message)
