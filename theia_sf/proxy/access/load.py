"""The policy of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from theia_sf.errors import UsageError
from theia_sf.proxy.access.policy import PolicyAccess
from theia_sf.proxy.access.tree import check_parser
from theia_sf.proxy.config.load import read_yaml, validation_error
from theia_sf.proxy.config.policy import EVERYBODY, Policy, Rule
from theia_sf.proxy.config.upstreams import Upstream

DEFAULT_IDENTITY: Final = "default"
_EVERYBODY_EVERYTHING: Final = Policy(rules=(Rule(name="everybody", users=(EVERYBODY,)),))


def load_policy(source: Path | Mapping[str, Any] | None, where: Path) -> Policy:
    """Return the policy of a configuration.

    Args:
        source: its file, or what stands in the configuration; None for none, which lets every user do everything.
        where: the configuration file, for what is said of a wrong policy in it.

    Raises:
        UsageError: it cannot be read, or is wrong.
    """
    if source is None:
        return _EVERYBODY_EVERYTHING
    document: Any = read_yaml(source, "policy") if isinstance(source, Path) else dict(source)
    try:
        return Policy.model_validate({} if document is None else document)
    except ValidationError as error:
        raise validation_error(error, source if isinstance(source, Path) else where) from None


def open_access(policy: Policy, upstreams: Mapping[str, Upstream]) -> PolicyAccess:
    """Return the policy, ready to decide.

    Raises:
        UsageError: a rule names an account or an identity that the configuration does not have; as `check_parser`.
    """
    check_parser()
    for rule in policy.rules:
        _check_names(rule, upstreams)
    return PolicyAccess(policy, {name: _default_identity(upstream) for name, upstream in upstreams.items()})


def _check_names(rule: Rule, upstreams: Mapping[str, Upstream]) -> None:
    for account in rule.accounts:
        if account not in upstreams:
            message = f"The rule {rule.name} of the policy names the account {account}, which is not configured."
            raise UsageError(message, hint=f"The configuration has {', '.join(sorted(upstreams))}.")
    if rule.effect == "deny":
        return
    for account in rule.accounts or upstreams:
        identities = upstreams[account].identities
        if rule.identity is None and _default_identity(upstreams[account]) is None:
            message = f"The rule {rule.name} of the policy names no identity, and {account} has several."
            raise UsageError(message, hint=f"Add `identity:` with one of {', '.join(sorted(identities))}.")
        if rule.identity is not None and rule.identity not in identities:
            message = f"The rule {rule.name} of the policy names the identity {rule.identity}, which {account} lacks."
            raise UsageError(message, hint=f"{account} has {', '.join(sorted(identities))}.")


def _default_identity(upstream: Upstream) -> str | None:
    if DEFAULT_IDENTITY in upstream.identities:
        return DEFAULT_IDENTITY
    return next(iter(upstream.identities)) if len(upstream.identities) == 1 else None
