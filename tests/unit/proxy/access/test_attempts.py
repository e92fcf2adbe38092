"""Nobody gets around a rule, and what the rule allows goes through."""

from __future__ import annotations

import pytest

from tests.unit.proxy.access import attempts, legitimate
from tests.unit.proxy.access.support import READER, SESSION, WRITER, WRITERS_SESSION, policy, refusal, run
from theia_sf.proxy.errors import ACCESS_DENIED, ACCESS_STATE

ACCESS = policy(READER, WRITER)


@pytest.mark.parametrize("sql", attempts.READER.values(), ids=attempts.READER.keys())
def test_no_attempt_of_a_reader_succeeds(sql: str) -> None:
    denied = refusal(ACCESS, sql)

    assert denied is not None
    assert (denied.code, denied.sqlstate, denied.rule) == (ACCESS_DENIED, ACCESS_STATE, "readers")
    assert denied.message.startswith("Denied by rule readers of the proxy's policy: ")


@pytest.mark.parametrize("sql", attempts.WRITER.values(), ids=attempts.WRITER.keys())
def test_no_attempt_of_a_writer_succeeds(sql: str) -> None:
    denied = refusal(ACCESS, sql, WRITERS_SESSION)

    assert denied is not None
    assert denied.rule == "writers"


@pytest.mark.parametrize("sql", legitimate.READER)
def test_a_reader_reads(sql: str) -> None:
    assert run(ACCESS, sql, SESSION).rule == "readers"


@pytest.mark.parametrize("sql", legitimate.WRITER)
def test_a_writer_writes(sql: str) -> None:
    assert run(ACCESS, sql, WRITERS_SESSION).rule == "writers"


@pytest.mark.parametrize("sql", {**attempts.READER, **attempts.WRITER}.values())
def test_a_policy_without_restrictions_passes_everything(sql: str) -> None:
    everything = policy({"name": "all", "users": ["*"]})

    assert refusal(everything, sql) is None
