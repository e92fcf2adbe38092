"""An account of Snowflake in memory: users, their keys and identities, and the statements that were run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Self

from snowflake.connector.errors import ProgrammingError

_NAME = r'"((?:[^"]|"")+)"'


class Account:
    """What a connection answers to.

    Attributes:
        users: name to properties of DESCRIBE USER.
        bindings: name to rows of SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS.
        roles: names of roles.
        me: the user of the session.
        run: the statements that change something.
        failures: beginning of a statement to the error that it gives, once.
    """

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.bindings: dict[str, list[dict[str, Any]]] = {}
        self.roles: list[str] = []
        self.me = "ADMIN"
        self.run: list[str] = []
        self.failures: dict[str, ProgrammingError] = {}

    def cursor(self) -> Cursor:
        return Cursor(self)

    def user(self, name: str, kind: str | None = "SERVICE", **properties: Any) -> None:
        self.users[name] = {"NAME": name, "LOGIN_NAME": name, "TYPE": kind, **properties}

    def bind(self, user: str, role: str, **more: Any) -> None:
        info = {"awsPartition": "aws", "awsAccount": "123456789012", "type": "IAM_ROLE", "iamRole": role}
        row = {"name": "DEFAULT", "type": "AWS", "comment": "", "last_used": None, "created_on": None}
        self.bindings.setdefault(user, []).append(
            row | {"additional_info": json.dumps(info), "status": "ACTIVE"} | more
        )

    def answer(self, sql: str) -> tuple[list[str], Sequence[tuple[Any, ...]]]:
        for start in list(self.failures):
            if sql.startswith(start):
                raise self.failures.pop(start)
        if sql == "SELECT CURRENT_USER()":
            return ["CURRENT_USER()"], [(self.me,)]
        if found := re.fullmatch(f"DESCRIBE USER {_NAME}", sql):
            properties = self._existing(found[1])
            return ["property", "value"], [
                (key, "null" if value is None else value) for key, value in properties.items()
            ]
        if sql == "SHOW USERS":
            return ["name", "type", "has_workload_identity"], [
                (name, user["TYPE"], user.get("HIDDEN", "true" if name in self.bindings else "false"))
                for name, user in self.users.items()
            ]
        if sql.startswith("SHOW ROLES LIKE"):
            return ["name"], [(role,) for role in self.roles]
        if found := re.fullmatch(f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER {_NAME}", sql):
            rows = self.bindings.get(found[1], [])
            return list(rows[0]) if rows else ["name"], [tuple(row.values()) for row in rows]
        self.run.append(sql)
        self._change(sql)
        return ["status"], [("done",)]

    def _existing(self, name: str) -> dict[str, Any]:
        if name not in self.users:
            raise ProgrammingError(msg=f"User '{name}' does not exist or not authorized.", errno=2003)
        return self.users[name]

    def _change(self, sql: str) -> None:
        if found := re.match(f"ALTER USER {_NAME} SET (RSA_PUBLIC_KEY(?:_2)?) = '([^']+)'", sql):
            digest = hashlib.sha256(base64.b64decode(found[3])).digest()
            self._existing(found[1])[f"{found[2]}_FP"] = "SHA256:" + base64.b64encode(digest).decode()
        elif found := re.match(f"ALTER USER {_NAME} UNSET (RSA_PUBLIC_KEY(?:_2)?)", sql):
            self._existing(found[1])[f"{found[2]}_FP"] = None
        elif found := re.match(f"CREATE USER {_NAME}", sql):
            self.user(found[1])
        if found := re.match(f"(?:CREATE|ALTER) USER {_NAME}.*ARN = '[^']*role/([^']+)'", sql):
            self.bindings[found[1]] = []
            self.bind(found[1], found[2])


class Cursor:
    sfqid = None

    def __init__(self, account: Account) -> None:
        self.account = account
        self.rows: list[tuple[Any, ...]] = []
        self.description: list[Any] = []

    def execute(self, sql: str, params: Any, timeout: int) -> None:
        columns, rows = self.account.answer(sql)
        self.rows, self.description = list(rows), [SimpleNamespace(name=column) for column in columns]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        rows, self.rows = self.rows, []
        return rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass
