"""Which rule applies, and to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.proxy.access.support import NOON, READER, SESSION, policy, refusal, rule, run
from theia_sf.proxy.access.decision import Context, DeniedError, Grant
from theia_sf.proxy.access.policy import PolicyAccess
from theia_sf.proxy.config.policy import Policy
from theia_sf.proxy.users.model import Peer, ProxyUser

ALICE = ProxyUser("alice", frozenset({"analysts"}), "token")
PEER = Peer("10.1.2.3")


def _login(access: PolicyAccess, user: ProxyUser = ALICE, now: datetime = NOON, peer: Peer = PEER) -> Grant:
    return access.login(user, "flows", Context(), peer, now)


def test_without_a_rule_nobody_comes_in() -> None:
    with pytest.raises(DeniedError) as denied:
        _login(policy())

    assert denied.value.rule == "default"
    assert "no rule applies" in denied.value.message


def test_the_first_rule_that_applies_decides() -> None:
    access = policy(
        rule(name="others", users=["bob"]),
        rule(name="first", groups=["analysts"], users=[], role="A"),
        rule(name="second", users=["alice"], role="B"),
    )

    grant = _login(access)

    assert (grant.rule, grant.context.role) == ("first", "A")


def test_a_rule_that_keeps_somebody_out_says_so() -> None:
    access = policy(rule(name="gone", users=["alice"], effect="deny"), rule(name="all"))

    with pytest.raises(DeniedError) as denied:
        _login(access)

    assert denied.value.message == "Denied by rule gone of the proxy's policy: it keeps this user out."
    assert _login(access, ProxyUser("bob", frozenset(), "token")).rule == "all"


def test_a_rule_for_another_account_does_not_apply() -> None:
    with pytest.raises(DeniedError):
        _login(policy(rule(accounts=["other"])))

    assert _login(policy(rule(accounts=["flows"]))).rule == "r"


@pytest.mark.parametrize(
    ("address", "applies"),
    [
        ("10.1.2.3", True),
        ("10.255.255.255", True),
        ("11.0.0.1", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("unix", False),
    ],
)
def test_source_addresses(address: str, applies: bool) -> None:
    access = policy(rule(addresses=["10.0.0.0/8", "2001:db8::/32"]))

    if applies:
        assert _login(access, peer=Peer(address)).rule == "r"
    else:
        with pytest.raises(DeniedError):
            _login(access, peer=Peer(address))


def test_out_of_hours_the_next_rule_applies_and_if_there_is_none_the_hours_are_told() -> None:
    day = rule(name="day", hours={"start": "08:00", "end": "18:00", "time_zone": "Europe/Berlin"})
    late = datetime(2026, 6, 1, 17, tzinfo=UTC)  # 19:00 in Berlin

    assert _login(policy(day, rule(name="night"))).rule == "day"
    assert _login(policy(day, rule(name="night")), now=late).rule == "night"
    with pytest.raises(DeniedError) as denied:
        _login(policy(day), now=late)
    assert denied.value.rule == "day"
    assert "from 08:00 to 18:00 Europe/Berlin" in denied.value.message


def test_out_of_its_hours_a_rule_that_keeps_out_is_not_named() -> None:
    out = rule(name="out", effect="deny", hours={"start": "18:00", "end": "20:00"})

    with pytest.raises(DeniedError) as denied:
        _login(policy(out))

    assert denied.value.rule == "default"


def test_a_session_that_outlasts_the_hours_cannot_go_on() -> None:
    access = policy(rule(hours={"start": "08:00", "end": "18:00"}))
    late = datetime(2026, 6, 1, 18, tzinfo=UTC)

    run(access, "select 1")
    with pytest.raises(DeniedError):
        run(access, "select 1", now=late)


@pytest.mark.parametrize(
    ("night", "goes_on"),
    [
        ({}, True),
        ({"statements": ["read"], "row_limit": 5, "warehouses": ["wh_x"]}, True),
        ({"role": "antrea_reader_x"}, False),  # the session may have secondary roles
        ({"schemas": ["antrea_x.theia"]}, False),  # and another search path
        ({"parameters": {"query_tag": "night"}}, False),
    ],
)
def test_a_session_that_outlasts_the_hours_brings_nothing_into_the_next_rule(
    night: dict[str, Any], goes_on: bool
) -> None:
    access = policy(rule(name="day", hours={"start": "08:00", "end": "18:00"}), rule(name="night", **night))
    late = datetime(2026, 6, 1, 18, tzinfo=UTC)

    def ask(began: datetime) -> str:
        session = replace(SESSION, created=began.timestamp())
        return run(access, "select 1", session, now=late).rule

    assert ask(late) == "night"
    if goes_on:
        assert ask(NOON) == "night"
    else:
        with pytest.raises(DeniedError, match="was started under the rule day, which limits it in another way"):
            ask(NOON)


def test_a_session_goes_on_by_where_its_requests_come_from() -> None:
    inside, outside = Peer("10.1.2.3"), Peer("192.0.2.9")
    session = replace(SESSION, peer_address=inside.address)
    access = policy(rule(name="inside", addresses=["10.0.0.0/8"]))
    assert run(access, "select 1", session, peer=inside).rule == "inside"
    with pytest.raises(DeniedError, match="no rule applies to this user at this account, from this address"):
        run(access, "select 1", session, peer=outside)

    access = policy(rule(name="inside", addresses=["10.0.0.0/8"]), rule(name="outside", schemas=["antrea_x.theia"]))
    with pytest.raises(DeniedError, match="was started under the rule inside, which limits it in another way"):
        run(access, "select 1", session, peer=outside)


def test_a_session_does_not_pass_to_a_rule_for_another_identity() -> None:
    denied = refusal(policy(rule(identity="admin")), "select 1")

    assert denied is not None
    assert "started as reader" in denied.message


def test_a_session_with_a_role_that_is_not_allowed_any_more_is_refused() -> None:
    access = policy(rule(role="other"))

    denied = refusal(access, "select 1")

    assert denied is not None
    assert "ANTREA_READER_X" in denied.message
    assert refusal(access, "select 1", replace(SESSION, role=None)) is not None


def test_on_a_warehouse_that_is_not_allowed_nothing_runs_but_use() -> None:
    access = policy(rule(warehouses=["other"]))

    denied = refusal(access, "select 1")

    assert denied is not None
    assert "WH_X" in denied.message
    assert refusal(access, "use warehouse other") is None
    assert refusal(access, "use warehouse other; select 1") is not None
    assert refusal(access, "set a = 1") is None
    assert refusal(access, "set a = (select count(*) from flows)") is not None
    assert refusal(access, "select 1", replace(SESSION, warehouse=None)) is None


def test_an_account_with_several_identities_needs_one_named() -> None:
    access = PolicyAccess(Policy.model_validate({"rules": [rule()]}), {"flows": None})

    with pytest.raises(DeniedError) as denied:
        _login(access)

    assert "which of the identities of flows" in denied.value.message


def test_a_rule_without_restrictions_passes_what_it_does_not_understand() -> None:
    grant = run(policy(rule()), "frobnicate 'x")

    assert (grant.kinds, dict(grant.parameters), grant.timeout, grant.restricted) == (("other",), {}, None, False)


@pytest.mark.parametrize("sql", ["select get_path(a, 'hunter2 [0.1.]') from flows", "summon hunter2", "alter user x y"])
def test_nothing_of_a_statement_is_logged(caplog: pytest.LogCaptureFixture, sql: str) -> None:
    refusal(policy(rule()), sql)

    assert caplog.records == []


@pytest.mark.parametrize("sql", ['select * from "\x1b[31m".s.t', 'show tables in "\x1b[31m"', 'call "\x1b[31m"()'])
def test_a_refusal_shows_no_control_characters(sql: str) -> None:
    denied = refusal(policy(rule(databases=["a"])), sql)

    assert denied is not None
    assert denied.message.isprintable()


@pytest.mark.parametrize(
    ("sql", "queries"),
    [
        ("select * from table(result_scan('01b-2'))", ("01b-2",)),
        ("select a from flows join table(result_scan('01b-2')) r on r.a = flows.a", ("01b-2",)),
        ("select * from table(result_scan('a')); describe result 'b'; select system$cancel_query('a')", ("a", "b")),
        ("explain select * from table(get_query_operator_stats('a'))", ("a",)),
        ("execute immediate 'select system$cancel_query(''a'')'", ("a",)),
        ("select * from table(result_scan(last_query_id()))", ()),
    ],
)
def test_queries_that_have_to_be_the_users_own(sql: str, queries: tuple[str, ...]) -> None:
    assert run(policy(READER), sql).queries == queries


@pytest.mark.parametrize("settings", [{"row_limit": 5}, {"role": "antrea_reader_x"}, {"statements": ["read"]}])
@pytest.mark.parametrize(
    "sql", ["select * from table(result_scan(?))", "select * from table(result_scan('a'))", "desc result 'a'"]
)
def test_queries_of_others_are_nobodys_under_a_rule_that_restricts_anything(settings: dict[str, Any], sql: str) -> None:
    assert refusal(policy(rule(**settings)), sql) is not None


def test_a_rule_may_allow_the_results_of_all_queries() -> None:
    access = policy(rule(schemas=["antrea_x.theia"], functions=["result_scan"]))
    for sql in ("select * from table(result_scan('a'))", "select * from table(result_scan(?))"):
        assert run(access, sql).queries == ()
