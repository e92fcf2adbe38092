from __future__ import annotations

import re
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from theia_sf.errors import UsageError
from theia_sf.snowflake.errors import PrivilegeMissingError
from theia_sf.snowflake.warehouse import warehouse_for


class Cursor:
    sfqid = None

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, params: Any, timeout: int) -> None:
        self.connection.statements.append(sql)
        for prefix, error in self.connection.failures:
            if sql.startswith(prefix):
                self.connection.failures.remove((prefix, error))
                raise error

    def close(self) -> None:
        pass


class Connection:
    def __init__(self, *failures: tuple[str, BaseException], warehouse: str | None = None) -> None:
        self.warehouse = warehouse
        self.statements: list[str] = []
        self.failures = list(failures)

    def cursor(self) -> Cursor:
        return Cursor(self)


def test_a_temporary_warehouse_is_small_and_dropped() -> None:
    connection: Any = Connection()
    with warehouse_for(connection, None) as name:
        assert re.fullmatch(r"[A-Z]+_[A-Z]+_[A-Z]+", name)
    create, use, drop = connection.statements
    assert create.startswith(f'CREATE WAREHOUSE "{name}" WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 ')
    assert "INITIALLY_SUSPENDED = TRUE" in create
    assert (use, drop) == (f'USE WAREHOUSE "{name}"', f'DROP WAREHOUSE IF EXISTS "{name}"')


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), ValueError("no")])
def test_it_is_dropped_whatever_happens(stop: BaseException) -> None:
    connection: Any = Connection()
    with pytest.raises(type(stop)), warehouse_for(connection, None):
        raise stop
    assert connection.statements[-1].startswith("DROP WAREHOUSE")


def test_it_is_dropped_after_a_second_ctrl_c() -> None:
    connection: Any = Connection(("DROP", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt), warehouse_for(connection, None):
        raise KeyboardInterrupt
    assert [sql.startswith("DROP") for sql in connection.statements] == [False, False, True, True]


def test_a_drop_that_fails_is_told_and_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    connection: Any = Connection(("DROP", ProgrammingError(msg="no privilege", errno=3001)))
    with pytest.raises(ValueError, match="the real problem"), warehouse_for(connection, None) as name:
        raise ValueError("the real problem")
    assert f'drop it by hand: DROP WAREHOUSE IF EXISTS "{name}"' in caplog.text


def test_without_the_privilege_to_create_one() -> None:
    connection: Any = Connection(("CREATE", ProgrammingError(msg="Insufficient privileges", errno=3001)))
    with pytest.raises(PrivilegeMissingError) as refused, warehouse_for(connection, None):
        pytest.fail("entered without a warehouse")
    assert "--warehouse-name" in (refused.value.hint or "")
    assert [sql.partition(" ")[0] for sql in connection.statements] == ["CREATE"]


def test_a_reader_uses_the_warehouse_that_the_session_has(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    refused = ProgrammingError(msg="Insufficient privileges", errno=3001)
    connection: Any = Connection(("CREATE", refused), warehouse="READERS_WH")
    with warehouse_for(connection, None) as name:
        assert name == "READERS_WH"
    assert [sql.partition(" ")[0] for sql in connection.statements] == ["CREATE"]  # and it is not dropped
    assert "using the session's warehouse READERS_WH" in caplog.text


def test_a_named_one_is_used_and_kept() -> None:
    connection: Any = Connection()
    with warehouse_for(connection, "my_wh") as name:
        assert name == "MY_WH"
    assert connection.statements == ['USE WAREHOUSE "MY_WH"']


def test_a_named_one_that_is_not_there() -> None:
    connection: Any = Connection(("USE", ProgrammingError(msg="Object does not exist", errno=2043)))
    with pytest.raises(UsageError, match="There is no warehouse NOPE"), warehouse_for(connection, "nope"):
        pytest.fail("entered without a warehouse")
