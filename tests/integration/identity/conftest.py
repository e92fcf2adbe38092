"""Users of a test's own in the sandbox's Snowflake, and the command line run in this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from theia_sf.cli import main
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.query import execute, fetch_all
from theia_sf.snowflake.settings import resolve

_numbers = itertools.count(1)


@dataclass
class Admin:
    """An administrator's session; it drops at the end the users that it made."""

    connection: Any
    made: list[str] = field(default_factory=list)

    def name(self) -> str:
        """A name that no other test uses, whose user is dropped at the end."""
        self.made.append(f"IDENTITY_{next(_numbers)}")
        return self.made[-1]

    def user(self, rest: str = "TYPE = SERVICE") -> str:
        """Make a user."""
        name = self.name()
        execute(self.connection, f"CREATE USER {name} {rest}").close()
        return name

    def role_that_may(self, privilege: str, user: str) -> str:
        """Make a role with a privilege and grant it to a user; it stays behind, and harms nobody."""
        role = f"MAY_{user}"
        for sql in (
            f"CREATE OR REPLACE ROLE {role}",
            f"GRANT {privilege} TO ROLE {role}",
            f"GRANT ROLE {role} TO USER {user}",
        ):
            execute(self.connection, sql).close()
        return role

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return fetch_all(self.connection, sql)


@pytest.fixture
def admin(sandbox_env: object) -> Iterator[Admin]:
    with session(resolve()) as connection:
        found = Admin(connection)
        yield found
        for name in found.made:
            execute(connection, f"DROP USER IF EXISTS {name}").close()


@pytest.fixture
def theia_sf(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command line; return its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main.run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
