from __future__ import annotations

import json
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.unit.identity.account import Account
from theia_sf.errors import TheiaError
from theia_sf.identity.bindings import Binding, from_account_usage, list_bindings
from theia_sf.identity.role_arns import parse_role_arn
from theia_sf.identity.users import show_users

ROLE = parse_role_arn("arn:aws:iam::123456789012:role/flow-reader")


def aws(user: str, role: str, **more: Any) -> Binding:
    details = {"awspartition": "aws", "awsaccount": "123456789012", "type": "IAM_ROLE", "iamrole": role}
    return Binding(user, "DEFAULT", "AWS", details, **more)


def test_list(account: Account) -> None:
    account.user("B")
    account.bind("B", "flow-reader", last_used="yesterday")
    account.user("A")
    account.bind("A", "service-role")
    account.user("OIDC_USER")
    info = json.dumps({"issuer": "https://a.example", "subject": "me", "audienceList": []})
    account.bind("OIDC_USER", "", type="OIDC", additional_info=info)
    account.user("PERSON", None)
    connection: Any = account
    found = list_bindings(connection)
    assert [(one.user, one.principal) for one in found.found] == [
        ("A", "arn:aws:iam::123456789012:role/service-role"),
        ("B", ROLE.arn),
        ("OIDC_USER", "me"),
    ]
    assert [bool(one.fault) for one in found.found] == [True, False, False]
    assert (found.found[1].last_used, found.found[2].issuer) == ("yesterday", "https://a.example")
    holder = found.holder(ROLE)
    assert holder is not None
    assert holder.user == "B"
    assert [one.user for one in found.broken(ROLE)] == ["A"]
    assert found.hidden == ()


def test_what_the_role_may_not_see(account: Account) -> None:
    account.user("SEEN")
    account.bind("SEEN", "r")
    account.user("BLANKED", HIDDEN="")
    account.user("PERSON", None, HIDDEN=None)
    account.user("DENIED")
    account.bind("DENIED", "s")
    account.failures['SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER "DENIED"'] = ProgrammingError(
        msg="Insufficient privileges", errno=3001
    )
    connection: Any = account
    found = list_bindings(connection)
    assert [one.user for one in found.found] == ["SEEN"]
    assert found.hidden == ("BLANKED", "DENIED")


def test_more_users_than_one_answer_holds(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"U{number:05}" for number in range(10_003)]
    asked: list[str] = []

    def answer(sql: str) -> tuple[list[str], list[tuple[str, ...]]]:
        asked.append(sql)
        first = names.index(sql.split("'")[1]) + 1 if "FROM" in sql else 0
        return ["name"], [(name,) for name in names[first : first + 10_000]]

    monkeypatch.setattr(account, "answer", answer)
    connection: Any = account
    assert [row["name"] for row in show_users(connection)] == names
    assert asked == ["SHOW USERS", "SHOW USERS LIMIT 10000 FROM 'U09999'"]


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        (aws("U", "service-role"), "service-role is the path of a role"),
        (aws("U", "service-role/flow-reader"), "holds the path of the role, service-role/,"),
        (aws("U", "aws-reserved"), "is the path of a role"),
        (aws("U", "flow-reader", status="DISABLED"), "disabled"),
    ],
)
def test_faults(binding: Binding, words: str) -> None:
    assert words in (binding.fault or "")


def test_a_users_arn_is_no_role() -> None:
    binding = Binding("U", "DEFAULT", "AWS", {"awsaccount": "123456789012", "type": "IAM_USER", "iamrole": "anna"})
    assert (binding.principal, binding.fault) == ("arn:aws:iam::123456789012:user/anna", None)
    assert not binding.is_of(parse_role_arn("arn:aws:iam::123456789012:role/anna"))


def test_account_usage(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    details = json.dumps({"aws_partition": "aws", "aws_account": "123456789012", "type": "IAM_ROLE", "iam_role": "r"})
    row = {"user_name": "U", "name": "DEFAULT", "type": "AWS", "additional_details": details}
    answer = ([*row, "last_used_on", "created_on", "status"], [(*row.values(), None, None, "ACTIVE")])
    monkeypatch.setattr(account, "answer", lambda sql: answer)
    connection: Any = account
    (binding,) = from_account_usage(connection).found
    assert (binding.user, binding.principal) == ("U", "arn:aws:iam::123456789012:role/r")


def test_account_usage_is_for_administrators(account: Account) -> None:
    account.failures["SELECT user_name"] = ProgrammingError(msg="Database 'SNOWFLAKE' does not exist", errno=2003)
    connection: Any = account
    with pytest.raises(TheiaError, match="cannot be read") as refused:
        from_account_usage(connection)
    assert "SECURITY_VIEWER" in str(refused.value.hint)
