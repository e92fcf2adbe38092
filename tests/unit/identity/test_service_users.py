from __future__ import annotations

from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.unit.identity.account import Account
from theia_sf.errors import TheiaError, UsageError
from theia_sf.identity.deletion import delete_user, find_deletable
from theia_sf.identity.role_arns import parse_role_arn
from theia_sf.identity.service_user import service_user
from theia_sf.identity.service_users import Action, apply, plan

ISSUER = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws"
ROLE = parse_role_arn("arn:aws:iam::123456789012:role/service-role/flow-reader")
IDENTITY = "WORKLOAD_IDENTITY = (TYPE = AWS ARN = 'arn:aws:iam::123456789012:role/flow-reader'"
TAKEN = ProgrammingError(
    msg="AWS Authenticator for AWS Account '123456789012' and IAM role 'flow-reader' already exists in this Snowflake"
    " account.",
    errno=2002,
)


def test_create(account: Account) -> None:
    account.roles = ["READER", "OTHER", "READERS"]
    connection: Any = account
    wanted = service_user("svc", ROLE, issuer=ISSUER, roles=("reader", "OTHER"), default_warehouse="wh", comment="it's")
    planned = plan(connection, wanted)
    assert account.run == []
    assert planned.statements == (
        (
            f'CREATE USER "SVC" TYPE = SERVICE {IDENTITY} ISSUER = \'{ISSUER}\') DEFAULT_ROLE = "READER"'
            " DEFAULT_WAREHOUSE = \"WH\" COMMENT = 'it''s'"
        ),
        'GRANT ROLE "READER" TO USER "SVC"',
        'GRANT ROLE "OTHER" TO USER "SVC"',
    )
    bound = apply(connection, planned)
    assert bound is not None
    assert (bound.user, bound.principal, planned.action) == ("SVC", ROLE.arn, Action.CREATE)


def test_an_existing_user_is_bound(account: Account) -> None:
    account.user("SVC")
    account.bind("SVC", "service-role")
    connection: Any = account
    planned = plan(connection, service_user("SVC", ROLE))
    assert planned.statements == (f'ALTER USER "SVC" SET {IDENTITY})',)
    assert (planned.action, planned.replaced and planned.replaced.fault is not None) == (Action.BIND, True)
    apply(connection, planned)
    again = plan(connection, service_user("SVC", ROLE))
    assert (again.action, again.statements, again.replaced) == (Action.KEEP, (), None)


def test_an_issuer_is_added(account: Account) -> None:
    account.user("SVC")
    account.bind("SVC", "flow-reader")
    connection: Any = account
    assert plan(connection, service_user("SVC", ROLE, issuer=ISSUER)).action is Action.BIND
    assert plan(connection, service_user("SVC", ROLE)).action is Action.KEEP


def test_a_role_of_another_user(account: Account) -> None:
    account.user("HOLDER")
    account.bind("HOLDER", "flow-reader")
    connection: Any = account
    with pytest.raises(UsageError, match=r"role/flow-reader is bound to the Snowflake user HOLDER already") as refused:
        plan(connection, service_user("SVC", ROLE))
    assert "workload-identity delete HOLDER" in str(refused.value.hint)


def test_snowflakes_own_words_for_it(account: Account) -> None:
    connection: Any = account
    planned = plan(connection, service_user("SVC", ROLE))
    account.failures["CREATE USER"] = TAKEN
    with pytest.raises(UsageError, match="that this role may not see"):
        apply(connection, planned)
    account.user("HOLDER")
    account.bind("HOLDER", "flow-reader")  # somebody was quicker
    account.failures["CREATE USER"] = TAKEN
    with pytest.raises(UsageError, match="bound to the Snowflake user HOLDER already"):
        apply(connection, planned)


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (ProgrammingError(msg="Object 'SVC' already exists.", errno=2002), "may not see it", "SNOWFLAKE_ROLE"),
        (ProgrammingError(msg="Invalid ISSUER property", errno=4616), "does not accept the issuer", "tokens.sts"),
        (ProgrammingError(msg="Insufficient privileges", errno=3001), "Snowflake refused: Insufficient", "role"),
    ],
)
def test_refusals(account: Account, error: ProgrammingError, message: str, hint: str) -> None:
    connection: Any = account
    planned = plan(connection, service_user("SVC", ROLE, issuer=ISSUER))
    account.failures["CREATE USER"] = error
    with pytest.raises(TheiaError, match=message) as refused:
        apply(connection, planned)
    assert hint in str(refused.value.hint)


def test_a_grant_that_fails_says_what_is_done(account: Account) -> None:
    account.roles = ["READER"]
    connection: Any = account
    planned = plan(connection, service_user("SVC", ROLE, roles=("READER",)))
    account.failures["GRANT"] = ProgrammingError(msg="Insufficient privileges", errno=3001)
    with pytest.raises(TheiaError, match="refused after 1 of the statements") as refused:
        apply(connection, planned)
    assert "again goes on from there" in str(refused.value.hint)


def test_users_that_may_not_be_listed(account: Account) -> None:
    connection: Any = account
    account.failures["SHOW USERS"] = ProgrammingError(msg="Insufficient privileges", errno=3001)
    assert plan(connection, service_user("SVC", ROLE)).action is Action.CREATE


def test_only_services_and_only_roles_that_are_there(account: Account) -> None:
    account.user("ANNA", None)
    connection: Any = account
    with pytest.raises(UsageError, match="ANNA is not a service user"):
        plan(connection, service_user("anna", ROLE))
    with pytest.raises(UsageError, match="no Snowflake role READER"):
        plan(connection, service_user("SVC", ROLE, roles=("reader",)))
    assert account.run == []


def test_delete(account: Account) -> None:
    for name, kind in (("ANNA", "PERSON"), ("OLD", None), ("PLAIN", "SERVICE"), ("SVC", "SERVICE")):
        account.user(name, kind)
    account.bind("SVC", "flow-reader")
    connection: Any = account
    for name, words in (("anna", "not a service user"), ("OLD", "not a service user"), ("PLAIN", "no workload")):
        with pytest.raises(UsageError, match=words):
            find_deletable(connection, name)
    account.me = "SVC"
    with pytest.raises(UsageError, match="signed in as"):
        find_deletable(connection, "SVC")
    account.me = "ADMIN"
    user, (binding,) = find_deletable(connection, "svc")
    assert (user.name, binding.principal) == ("SVC", ROLE.arn)
    delete_user(connection, user, keep_user=True)
    delete_user(connection, user)
    assert account.run == ['ALTER USER "SVC" UNSET WORKLOAD_IDENTITY', 'DROP USER "SVC"']
