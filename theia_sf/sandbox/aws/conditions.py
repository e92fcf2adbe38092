"""Whether the Condition of a policy statement holds for a request on loopback.

Follows the rules of the IAM reference ("IAM JSON policy elements: Condition operators"): all operators of a
Condition and all keys of an operator must hold, one of the values of a key is enough; a key that the request lacks
makes a positive operator fail and a negated one hold; `…IfExists` holds when the key is missing.
"""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

logger = logging.getLogger(__name__)

LOOPBACK_CONTEXT: Mapping[str, str] = {
    # A stated deviation: nothing on loopback leaves the machine, so it counts as TLS.
    "aws:securetransport": "true",
    "s3:tlsversion": "1.3",
}

_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": fnmatch.fnmatchcase,
    "ArnEquals": fnmatch.fnmatchcase,
    "ArnLike": fnmatch.fnmatchcase,
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def condition_holds(condition: Mapping[str, Any] | None, context: Mapping[str, str] = LOOPBACK_CONTEXT) -> bool:
    """Whether a statement with this Condition applies to a request with this context.

    Args:
        condition: the `Condition` element: {operator: {key: value or values}}; None or empty always holds.
        context: the request's condition keys, in lower case (condition keys are not case-sensitive).
    """
    return all(
        _holds(operator, context.get(key.lower()), _values(wanted))
        for operator, keys in (condition or {}).items()
        for key, wanted in cast("Mapping[str, Any]", keys).items()
    )


def _values(wanted: Any) -> list[str]:
    values = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    return [str(value) for value in values]


def _holds(operator: str, actual: str | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    name = operator.removesuffix("IfExists")
    if actual is None:
        return name != operator or name in _NEGATED
    if name in _NEGATED:
        return not any(_POSITIVE[_NEGATED[name]](actual, value) for value in wanted)
    if name not in _POSITIVE:
        logger.warning("The sandbox does not know the condition operator %s: the statement does not apply.", operator)
        return False
    return any(_POSITIVE[name](actual, value) for value in wanted)
