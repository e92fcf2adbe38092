"""docs/proxy-policy.md: its examples are policies, and do what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.proxy.access.support import SESSION, refusal
from theia_sf.proxy.access.kinds import GROUPS, KINDS
from theia_sf.proxy.access.parameters import is_harmless
from theia_sf.proxy.access.policy import PolicyAccess
from theia_sf.proxy.access.tokens import MAX_LENGTH, MAX_WORDS
from theia_sf.proxy.config.policy import Policy, Rule
from theia_sf_dashboards.catalog import DASHBOARDS
from theia_sf_dashboards.macros import MacroContext, expand
from theia_sf_dashboards.provisioning import render

TEXT = (Path(__file__).parents[4] / "docs" / "proxy-policy.md").read_text()
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
RANGE = MacroContext(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


def _example(name: str) -> PolicyAccess:
    found = next(it for it in EXAMPLES if any(rule["name"] == name for rule in it["rules"]))
    return PolicyAccess(Policy.model_validate(found), {"flows": "reader"})


def _queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("queryText", "query") and isinstance(value, str) and "SELECT" in value:
                yield value
            else:
                yield from _queries(value)
    elif isinstance(node, list):
        for value in node:
            yield from _queries(value)


def test_every_example_is_a_policy() -> None:
    assert len(EXAMPLES) == 4
    for example in EXAMPLES:
        assert Policy.model_validate(example).rules


def test_every_setting_and_every_kind_is_described() -> None:
    settings = {field.alias or name for name, field in Rule.model_fields.items()}

    assert {name for name in (settings | KINDS | GROUPS.keys()) if f"`{name}" not in TEXT} == set()
    assert f"{MAX_LENGTH:,}" in TEXT
    assert f"{MAX_WORDS:,}" in TEXT


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.title)
def test_the_rule_for_grafana_lets_the_dashboards_read_what_they_show(dashboard: Any) -> None:
    access = _example("grafana")
    session = replace(SESSION, user="grafana", warehouse="ANTREA_READER_X")
    queries = list(_queries(json.loads(render(dashboard))))

    assert queries
    for query in queries:
        filled = re.sub(r"\$\{?__interval_ms\}?", "60000", query)
        filled = re.sub(r"\$\{?__interval\}?", "1m", filled)
        filled = re.sub(r"\$\{?__(from|to)\}?", "1767225600000", filled)
        filled = re.sub(r"\$\{\w+(:\w+)?\}", "'1'", filled)
        denied = refusal(access, expand(filled, RANGE).sql, session)
        assert denied is None, denied


def test_the_rule_for_grafana_lets_nothing_else_be_read() -> None:
    access = _example("grafana")
    session = replace(SESSION, user="grafana", warehouse="ANTREA_READER_X")

    for sql in ("select * from secret.s.t", "select system$cancel_all_queries(1)", "delete from flows", "show users"):
        assert refusal(access, sql, session) is not None


def test_the_parameters_of_the_examples_are_parameters() -> None:
    for example in EXAMPLES:
        for rule in Policy.model_validate(example).rules:
            assert all(is_harmless(name) for name in rule.parameters)


def test_the_refusal_in_the_document_is_that_of_the_first_example() -> None:
    access = PolicyAccess(Policy.model_validate(EXAMPLES[0]), {"flows": "reader"})
    session = replace(SESSION, groups=("analysts",), warehouse="ANTREA_READER_X")

    denied = refusal(access, "select * from secret.public.salaries", session)

    assert denied is not None
    assert f"{denied.code} ({denied.sqlstate}): {denied.message}" in TEXT
