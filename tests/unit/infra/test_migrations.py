"""The migrations: what has been released stays as it is, and each statement can run twice."""

from __future__ import annotations

import hashlib
import itertools
import re

import pytest

from theia_sf_infra import migrations
from theia_sf_infra.copy import copy_statement

# Append only. A file that changes here would change new stacks alone: an old one has run it already.
RELEASED = {
    "0001_flows.sql": "b7bfe6530cbaa071648b25c4e0b87370e7df0949a61740a56d9ba8e7c33a00c2",
    "0002_pods.sql": "0f4cf61c6502030d48804085bdb1a3e00f461113dfa0842883402a8d60aa4b61",
    "0003_policies.sql": "5f44a3809c0d7cd197ba96022138394ff97df1ecf031c99ef280547948692f95",
    "0004_newer_antrea.sql": "42e87caaa3bd110d62d9568bad0d452b4fc21b5906ef3e4b5a7171d2d96c87b5",
    "0005_rejected_records.sql": "03a51050c8f66958916050ce2411cea10457bb1e18e632922e981a0135f5ca14",
}

ORIGINAL_COLUMNS = 51
ADDED = ["DESTINATIONSERVICEIP", "APPPROTOCOLNAME", "HTTPVALS", "EGRESSNODENAME"]
BOOKKEEPING = ["REJECTEDRECORD", "SOURCEFILE", "SOURCEFILEROW", "LOADEDAT"]


def test_a_released_migration_is_never_edited():
    files = sorted(migrations.FOLDER.glob("*.sql"))
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == RELEASED


def test_files_are_numbered_without_a_gap():
    numbers = [int(file.name[:4]) for file in sorted(migrations.FOLDER.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("migration", migrations.load(), ids=lambda migration: migration.name)
class TestEachStatement:
    REPEATABLE = re.compile(
        r"CREATE (TABLE|VIEW) IF NOT EXISTS |CREATE OR REPLACE VIEW "
        r"|ALTER TABLE \S+ ADD COLUMN IF NOT EXISTS \w+ \w+(\([0-9, ]+\))?$"
    )

    def test_can_run_twice(self, migration):
        assert self.REPEATABLE.match(migration.template)

    def test_is_one_statement(self, migration):
        assert ";" not in migration.template

    def test_names_its_database_and_schema(self, migration):
        sql = migration.sql("ANTREA_X", "THEIA")
        assert "{" not in sql
        objects = re.findall(r"(?:EXISTS|VIEW|TABLE|FROM) ([A-Z_.]+\.[A-Z_]+)", sql)
        assert objects
        assert all(name.startswith("ANTREA_X.THEIA.") for name in objects)

    def test_limits_no_text(self, migration):
        assert not re.search(r"(VARCHAR|STRING|TEXT|CHAR)\s*\(", migration.template)

    def test_comments_the_object_it_creates(self, migration):
        assert ("COMMENT = '" in migration.template) == migration.template.startswith("CREATE")


def columns() -> list[str]:
    """The columns of FLOWS once every migration has run."""
    found: list[str] = []
    for migration in migrations.load():
        if migration.template.startswith("CREATE TABLE"):
            found += re.findall(r"^  (\w+) ", migration.template, re.MULTILINE)
        found += re.findall(r"ADD COLUMN IF NOT EXISTS (\w+)", migration.template)
    return [name.upper() for name in found]


def test_the_table_has_the_original_columns_and_then_the_new_ones():
    assert columns()[ORIGINAL_COLUMNS:] == ADDED + BOOKKEEPING


def test_the_pipe_fills_every_column_of_the_table():
    filled = re.search(r"COPY INTO \S+ \((.*?)\)", copy_statement("T", "S"), re.DOTALL)
    assert filled
    assert [name.strip().upper() for name in filled.group(1).split(",")] == columns()


@pytest.mark.parametrize("view", ["PODS", "POLICIES"])
def test_a_view_of_flows_leaves_rejected_records_out(view):
    last = [m.template for m in migrations.load() if f"VIEW {{database}}.{{schema}}.{view}\n" in m.template][-1]
    assert last.endswith("WHERE rejectedRecord IS NULL")


def test_a_replaced_view_keeps_its_columns_and_its_grants():
    """A replaced view would otherwise lose what others were granted on it, and break what reads it."""
    by_view: dict[str, list[str]] = {}
    for migration in migrations.load():
        if found := re.search(r"VIEW (?:IF NOT EXISTS )?\{database\}\.\{schema\}\.(\w+)", migration.template):
            by_view.setdefault(found.group(1), []).append(migration.template)
    assert set(by_view) == {"PODS", "POLICIES", "REJECTED_FLOWS"}
    for texts in by_view.values():
        assert all("COPY GRANTS" in text for text in texts if "OR REPLACE" in text)
        assert len({re.sub(r"(?s).*AS SELECT\n(.*?)\nFROM.*", r"\1", text) for text in texts}) == 1


def test_they_run_in_order_and_once(declared):
    steps = [name for name in declared.resources if name.startswith("migration-")]
    assert steps == [f"migration-{migration.name}" for migration in migrations.load()]
    for before, step in itertools.pairwise(steps):
        assert before in declared.resources[step].dependencies
    for step in steps:
        request = declared.resources[step].request
        assert set(request.ignoreChanges) == {"execute", "revert"}
        assert declared.resources[step].inputs["revert"] == "SELECT 1"


def test_load_splits_a_file_at_line_ends(tmp_path):
    (tmp_path / "0002_b.sql").write_text("SELECT ';' AS a\nFROM t;\n")
    (tmp_path / "0001_a.sql").write_text("-- why;\nSELECT 1;\n-- and\nSELECT 2;\n")
    assert migrations.load(tmp_path) == [
        migrations.Migration("0001_a-1", "SELECT 1"),
        migrations.Migration("0001_a-2", "SELECT 2"),
        migrations.Migration("0002_b-1", "SELECT ';' AS a\nFROM t"),
    ]
