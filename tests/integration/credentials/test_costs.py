"""docs/costs.md says how often AWS is asked; here it is counted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.conftest import Sandbox
from theia_sf.cli import credentials_use
from theia_sf.cli.main import run
from theia_sf.credentials import cipher

DOCUMENT = Path(__file__).parents[3] / "docs" / "costs.md"
FIELDS = ("ACCOUNT", "USER", "PASSWORD", "ROLE", "WAREHOUSE", "DATABASE", "SCHEMA")


def stated() -> dict[str, dict[str, int]]:
    """Command -> operation -> number, from the table of the document."""
    rows = re.findall(r"^\| `([^`]+)`[^|]*\| ([^|]*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        command: {operation: int(number) for number, operation in re.findall(r"(\d+) `(\w+)`", counts)}
        for command, counts in rows
    }


@pytest.fixture
def seven(workplace: Sandbox, key: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sandbox's variables and the rest of the seven values; returns the key."""
    for name in ("WAREHOUSE", "DATABASE", "SCHEMA"):
        monkeypatch.setenv(f"SNOWFLAKE_{name}", "X")
    values = "".join(f"SNOWFLAKE_{name}={_value(workplace, name)}\n" for name in FIELDS)
    Path("values").write_text(values)
    return key


def _value(sandbox: Sandbox, name: str) -> str:
    return sandbox.env.get(f"SNOWFLAKE_{name}", "X")


def test_the_numbers_of_the_document_are_what_is_counted(
    seven: str, workplace: Sandbox, calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials_use.os, "execvpe", _stop)
    key_id = seven.rpartition("/")[2]
    secrets = workplace.aws.client("secretsmanager")
    secrets.create_secret(Name="costs", SecretString=_json(workplace))
    counted: dict[str, dict[str, int]] = {}

    def count(command: str, *arguments: str, code: int = 0) -> None:
        cipher.forget()  # as in a process of its own
        calls.clear()
        assert run(list(arguments)) == code
        counted[command] = dict(calls)

    try:
        encrypt = ("credentials", "encrypt", "--from-file", "values")
        count("credentials encrypt --key-id ARN", *encrypt, "--key-id", seven)
        count("credentials encrypt --key-id ID", *encrypt, "--key-id", key_id)
        count("credentials show", "credentials", "show")
        count("credentials check", "credentials", "check")
        count("credentials run", "credentials", "run", "--", "x", code=130)
        count("credentials export", "credentials", "export", "--format", "grafana", "--show-secrets")
        count("credentials rotate --key-id ARN", "credentials", "rotate", "--key-id", seven)
        for name in ("ACCOUNT", "USER", "PASSWORD", "ROLE", "WAREHOUSE", "DATABASE", "SCHEMA"):
            monkeypatch.delenv(f"SNOWFLAKE_{name}", raising=False)
        count("policy-recommendation", "policy-recommendation", "--database-name", "NONE", code=2)
        count(
            "policy-recommendation --role ROLE",
            "policy-recommendation",
            "--database-name",
            "NONE",
            "--role",
            "X",
            code=3,
        )
        Path(".env").unlink()
        recommend = ("policy-recommendation", "--database-name", "NONE", "--secret-id", "costs")
        count("policy-recommendation --secret-id NAME", *recommend, code=2)
    finally:
        secrets.delete_secret(SecretId="costs", ForceDeleteWithoutRecovery=True)
    assert counted == stated()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _json(sandbox: Sandbox) -> str:
    import json  # noqa: PLC0415

    return json.dumps({name.lower(): _value(sandbox, name) for name in ("ACCOUNT", "USER", "PASSWORD", "ROLE")})
