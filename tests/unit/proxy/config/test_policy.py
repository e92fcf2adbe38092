"""The policy's form: what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from theia_sf.errors import UsageError
from theia_sf.proxy.access import tree
from theia_sf.proxy.access.load import load_policy, open_access
from theia_sf.proxy.config.policy import Policy
from theia_sf.proxy.config.upstreams import Upstream

WHERE = Path("proxy.yaml")


def _upstreams(**identities: list[str]) -> dict[str, Upstream]:
    return {
        name: Upstream.model_validate({"identities": {key: {"user": "u"} for key in keys}})
        for name, keys in identities.items()
    }


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"users": []}, "applies to nobody"),
        ({"statements": ["reading"]}, "'reading' is no kind of statement"),
        ({"databases": ["a.b"]}, "'a.b' is not a name"),
        ({"schemas": ["a.b.c"]}, "up to 2 parts"),
        ({"roles": ["my-role"]}, "in quotes"),
        ({"schema": "s"}, "without its `database`"),
        ({"statements": ["read", "script"], "databases": ["d"]}, "cannot be held against"),
        ({"statements": ["other"], "role": "r"}, "cannot be held against"),
        ({"statements": ["call"], "databases": ["d"]}, "name the `procedures`"),
        ({"row_limit": 0}, "row_limit"),
        ({"statement_timeout": -1}, "statement_timeout"),
        ({"addresses": ["10.0.0.1/8"]}, "addresses"),
        ({"parameters": {"a; drop": 1}}, "parameters"),
        ({"warehouse": '""'}, "warehouse"),
        ({"database": "a\nb"}, "cannot be a Snowflake name"),
        ({"effect": "maybe"}, "effect"),
        ({"grants": []}, "is not a setting"),
        ({"statements": []}, "`statements` is empty"),
        ({"schemas": []}, "`schemas` is empty"),
        ({"addresses": []}, "`addresses` is empty"),
        ({"role": None}, "`role` is empty"),
        ({"role": "a", "roles": ["b", "c_*"]}, "with the role A, which its `roles` do not allow"),
        ({"database": "a", "databases": ["b"]}, "with the database A, which its `databases` do not allow"),
        ({"parameters": {"rows_per_resultset": 5}}, "`row_limit`"),
        ({"parameters": {"STATEMENT_TIMEOUT_IN_SECONDS": 5}}, "`statement_timeout`"),
        ({"schemas": ["a.b"], "parameters": {"search_path": "x"}}, "SEARCH_PATH itself"),
    ],
)
def test_a_wrong_rule_is_told_in_a_sentence(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        load_policy({"rules": [{"name": "r", "users": ["*"], **settings}]}, WHERE)

    assert told in error.value.message
    assert error.value.message.startswith("proxy.yaml: ")
    assert "\n" not in error.value.message


def test_two_rules_of_one_name() -> None:
    rule = {"name": "r", "users": ["*"]}

    with pytest.raises(UsageError, match="Two rules are called r"):
        load_policy({"rules": [rule, rule]}, WHERE)


def test_without_a_policy_everybody_may_do_everything() -> None:
    rule = load_policy(None, WHERE).rules[0]

    assert (rule.users, rule.restricts) == (("*",), False)


def test_an_empty_policy_lets_nobody_in() -> None:
    assert load_policy({}, WHERE).rules == ()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"accounts": ["nowhere"]}, "the account nowhere, which is not configured"),
        ({"identity": "admin"}, "the identity admin, which flows lacks"),
        ({"accounts": ["several"]}, "names no identity, and several has several"),
    ],
)
def test_names_that_the_configuration_does_not_have(settings: dict[str, Any], told: str) -> None:
    policy = Policy.model_validate({"rules": [{"name": "r", "users": ["*"], "accounts": ["flows"], **settings}]})

    with pytest.raises(UsageError) as error:
        open_access(policy, _upstreams(flows=["reader"], several=["a", "b"]))

    assert told in error.value.message
    assert error.value.hint


def test_a_rule_that_keeps_out_needs_no_identity() -> None:
    policy = Policy.model_validate({"rules": [{"name": "r", "users": ["*"], "effect": "deny"}]})

    open_access(policy, _upstreams(several=["a", "b"]))


def test_a_parser_that_cannot_be_held_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(**_: Any) -> None:
        raise TypeError("interpreted classes cannot inherit from compiled")

    monkeypatch.setattr(tree, "_Parser", compiled)
    with pytest.raises(UsageError, match="The package sqlglotc is installed") as error:
        open_access(Policy(), _upstreams(flows=["reader"]))
    assert "pip uninstall sqlglotc" in (error.value.hint or "")
