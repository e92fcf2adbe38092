from __future__ import annotations

from typing import Any

import pytest

from theia_sf.errors import ConnectionFailedError, ExitCode, TheiaError
from theia_sf.health import snowflake
from theia_sf.health.check import Verdict, guarded
from theia_sf.snowflake.errors import ObjectNotFoundError

GRANTS = {
    '"TOP"': [("CREATE DATABASE", "ACCOUNT", "A"), ("USAGE", "ROLE", "MIDDLE"), ("USAGE", "WAREHOUSE", "W")],
    '"MIDDLE"': [("EXECUTE TASK", "ACCOUNT", "A"), ("USAGE", "ROLE", "TOP"), ("USAGE", "ROLE", "HIDDEN")],
}


@pytest.fixture(autouse=True)
def _grants(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(_: object, sql: str) -> list[dict[str, Any]]:
        role = sql.removeprefix("SHOW GRANTS TO ROLE ")
        if role not in GRANTS:
            raise ObjectNotFoundError("no such role")
        return [dict(zip(("privilege", "granted_on", "name"), row, strict=True)) for row in GRANTS[role]]

    monkeypatch.setattr(snowflake, "fetch_records", fetch)


def test_privileges_come_through_granted_roles() -> None:
    connection: Any = None
    assert snowflake.account_privileges(connection, "TOP") == {"CREATE DATABASE", "EXECUTE TASK"}


def test_an_unknown_role_is_an_error() -> None:
    connection: Any = None
    with pytest.raises(ObjectNotFoundError):
        snowflake.account_privileges(connection, "OTHER")


@pytest.mark.parametrize(
    ("error", "code"),
    [(TheiaError("no", hint="do"), ExitCode.FAILED), (ConnectionFailedError("no"), ExitCode.CONNECTION)],
)
def test_an_error_becomes_a_failed_check(error: TheiaError, code: ExitCode) -> None:
    def look() -> Any:
        raise error
        yield

    (check,) = guarded("x", look)
    assert (check.verdict, check.detail, check.advice, check.exit_code) == (Verdict.FAILED, "no", error.hint, code)
