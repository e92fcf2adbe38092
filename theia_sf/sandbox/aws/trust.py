"""Who may assume a role: its trust policy, read as IAM reads it.

Follows "AWS JSON policy elements: Principal" of the IAM User Guide: an account's number or its `…:root` stands for
everybody of that account, a role's ARN for all its sessions, a session's ARN for that one, `*` for everyone, and a
service only for itself. An explicit Deny wins. Conditions are read by `theia_sf.sandbox.aws.conditions`.
"""

from __future__ import annotations

import fnmatch
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from theia_sf.sandbox.aws.conditions import LOOPBACK_CONTEXT, condition_holds

logger = logging.getLogger(__name__)

ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True)
class Principal:
    """Who asks to assume a role.

    Attributes:
        arn: of the user or of the assumed role's session; "" for a service.
        account: the account's 12 digits; "" for a service.
        role_arn: of the role, with its path, when a session asks.
        service: the service's name, such as `lambda.amazonaws.com`, when one asks.
    """

    arn: str = ""
    account: str = ""
    role_arn: str | None = None
    service: str | None = None


def is_trusted(trust_policy: str, caller: Principal, context: Mapping[str, str] | None = None) -> bool:
    """Whether a role's trust policy lets the caller assume it.

    Args:
        trust_policy: the policy document, JSON.
        caller: who asks.
        context: condition keys of the request in lower case, such as `sts:externalid`.
    """
    keys = {**LOOPBACK_CONTEXT, **_caller_keys(caller), **(context or {})}
    effects = {
        str(statement.get("Effect"))
        for statement in _statements(trust_policy)
        if _names_action(statement) and _names(statement, caller) and condition_holds(statement.get("Condition"), keys)
    }
    return "Allow" in effects and "Deny" not in effects


def source(account: str, arn: str) -> dict[str, str]:
    """The condition keys by which a service tells for whom it assumes a role ("The confused deputy problem")."""
    return {"aws:sourceaccount": account, "aws:sourcearn": arn}


def _statements(document: str) -> list[dict[str, Any]]:
    found = json.loads(document).get("Statement", [])
    return cast("list[dict[str, Any]]", found if isinstance(found, list) else [found])


def _caller_keys(caller: Principal) -> dict[str, str]:
    if caller.service is not None:
        return {}
    return {"aws:principalarn": caller.role_arn or caller.arn, "aws:principalaccount": caller.account}


def _names_action(statement: Mapping[str, Any]) -> bool:
    return any(fnmatch.fnmatchcase(ASSUME_ROLE.lower(), action.lower()) for action in _list(statement.get("Action")))


def _names(statement: Mapping[str, Any], caller: Principal) -> bool:
    principal = statement.get("Principal")
    if principal is None:
        logger.warning("A trust policy's statement without Principal takes no part: NotPrincipal is not read.")
        return False
    if principal == "*":
        return caller.service is None
    if caller.service is not None:
        return caller.service in _list(principal.get("Service"))
    return any(_is(name, caller) for name in _list(principal.get("AWS")))


def _is(name: str, caller: Principal) -> bool:
    return name in {"*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn, caller.role_arn}


def _list(value: Any) -> list[str]:
    return cast("list[str]", value if isinstance(value, list) else [] if value is None else [value])
