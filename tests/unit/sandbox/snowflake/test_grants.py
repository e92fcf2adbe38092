"""Roles, grants, and what they let a session do."""

from __future__ import annotations

from typing import Any

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError


@pytest.fixture
def reader(run: Any) -> Any:
    """A database with a table and a view, and a role that may read some of it; the session has that role."""
    run("CREATE DATABASE D", "CREATE SCHEMA D.S", "CREATE TABLE D.S.T (a INT)", "CREATE TABLE D.S.HIDDEN (a INT)")
    run("CREATE WAREHOUSE W", "INSERT INTO D.S.T VALUES (7)", "CREATE ROLE R", "GRANT ROLE R TO USER THEIA")
    run(
        "GRANT USAGE ON DATABASE D TO ROLE R",
        "GRANT USAGE ON SCHEMA D.S TO ROLE R",
        "GRANT USAGE ON WAREHOUSE W TO ROLE R",
    )
    run("GRANT SELECT ON TABLE D.S.T TO ROLE R", "GRANT SELECT ON FUTURE VIEWS IN SCHEMA D.S TO ROLE R")
    run("CREATE VIEW D.S.V AS SELECT a + 1 AS b FROM D.S.HIDDEN UNION ALL SELECT a FROM D.S.T", "USE ROLE R")
    return run


def code(run: Any, sql: str) -> str:
    with pytest.raises(SnowflakeError) as caught:
        run(sql)
    return caught.value.code


def test_reader_reads_what_is_granted(reader: Any):
    assert reader("SELECT a FROM D.S.T") == [{"A": 7}]
    assert reader("SELECT b FROM D.S.V") == [{"B": 7}]
    assert [r["name"] for r in reader("SHOW TABLES IN SCHEMA D.S")] == ["T"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM D.S.HIDDEN", "002003"),
        ("SELECT * FROM D.S.T WHERE a IN (SELECT a FROM D.S.HIDDEN)", "002003"),
        ("WITH x AS (SELECT * FROM D.S.HIDDEN) SELECT * FROM x", "002003"),
        ("SELECT * FROM D.S.NO_SUCH", "002003"),
        ("DELETE FROM D.S.T", "003001"),
        ("INSERT INTO D.S.T VALUES (1)", "003001"),
        ("TRUNCATE TABLE D.S.T", "003001"),
        ("DROP TABLE D.S.T", "003001"),
        ("DROP TABLE IF EXISTS D.S.T", "003001"),
        ("ALTER TABLE D.S.T ADD COLUMN b INT", "003001"),
        ("CREATE TABLE D.S.NEW (a INT)", "003001"),
        ("DROP DATABASE D", "003001"),
        ("CREATE DATABASE E", "003001"),
        ("CREATE WAREHOUSE X", "003001"),
        ("DROP WAREHOUSE W", "003001"),
        ("CREATE USER U", "003001"),
        ("GRANT SELECT ON TABLE D.S.T TO ROLE PUBLIC", "003001"),
        ("USE ROLE SECURITYADMIN", "000000"),
    ],
)
def test_reader_is_refused_the_rest(reader: Any, sql: str, expected: str):
    if expected == "000000":  # the user, not the role, decides which role may be taken
        reader(sql)
        return
    assert code(reader, sql) == expected


def test_revoked(reader: Any):
    reader("USE ROLE ACCOUNTADMIN", "REVOKE SELECT ON TABLE D.S.T FROM ROLE R", "USE ROLE R")
    assert code(reader, "SELECT a FROM D.S.T") == "002003"


def test_secondary_roles_add_their_privileges(reader: Any):
    reader("USE SECONDARY ROLES ALL")
    assert reader("SELECT * FROM D.S.HIDDEN") == []
    reader("USE SECONDARY ROLES NONE")
    assert code(reader, "SELECT * FROM D.S.HIDDEN") == "002003"


def test_role_of_somebody_else(run: Any):
    run("CREATE ROLE R")
    assert code(run, "USE ROLE R") == "003013"


def test_show_grants(reader: Any):
    reader("USE ROLE ACCOUNTADMIN", "GRANT ROLE R TO ROLE SYSADMIN")
    granted = {(r["privilege"], r["granted_on"], r["name"]) for r in reader("SHOW GRANTS TO ROLE R")}
    assert granted == {
        ("USAGE", "DATABASE", "D"),
        ("USAGE", "SCHEMA", "D.S"),
        ("USAGE", "WAREHOUSE", "W"),
        ("SELECT", "TABLE", "D.S.T"),
        ("SELECT", "VIEW", "D.S.V"),
    }
    assert {(r["granted_to"], r["grantee_name"]) for r in reader("SHOW GRANTS OF ROLE R")} == {
        ("USER", "THEIA"),
        ("ROLE", "SYSADMIN"),
    }
    [future] = reader("SHOW FUTURE GRANTS IN SCHEMA D.S")
    assert (future["privilege"], future["grant_on"], future["name"]) == ("SELECT", "VIEW", "D.S.<VIEW>")
    on_schema = reader("SHOW GRANTS ON SCHEMA D.S")
    assert {(r["privilege"], r["grantee_name"]) for r in on_schema} == {("OWNERSHIP", "ACCOUNTADMIN"), ("USAGE", "R")}


def test_grants_go_with_their_object(reader: Any):
    reader("USE ROLE ACCOUNTADMIN", "CREATE OR REPLACE TABLE D.S.T (a INT)")
    assert not [r for r in reader("SHOW GRANTS TO ROLE R") if r["granted_on"] == "TABLE"]
    reader("DROP DATABASE D")
    assert {r["granted_on"] for r in reader("SHOW GRANTS TO ROLE R")} == {"WAREHOUSE"}
    reader("DROP ROLE R")
    assert code(reader, "SHOW GRANTS TO ROLE R") == "002003"


def test_all_and_ownership(reader: Any):
    reader("USE ROLE ACCOUNTADMIN", "GRANT SELECT ON ALL TABLES IN SCHEMA D.S TO ROLE R")
    reader("GRANT OWNERSHIP ON TABLE D.S.T TO ROLE R COPY CURRENT GRANTS", "USE ROLE R")
    assert reader("SELECT * FROM D.S.HIDDEN") == []
    reader("DROP TABLE D.S.T")


def test_granting_to_nobody(run: Any):
    run("CREATE DATABASE D")
    assert code(run, "GRANT USAGE ON DATABASE D TO ROLE NOBODY") == "002003"
    assert code(run, "GRANT USAGE ON DATABASE NONE_SUCH TO ROLE PUBLIC") == "002003"


def test_system_roles_may_do_their_part(run: Any):
    run("USE ROLE SYSADMIN", "CREATE DATABASE D", "CREATE WAREHOUSE W")
    assert code(run, "CREATE USER U") == "003001"
    run("USE ROLE USERADMIN", "CREATE USER U", "CREATE ROLE R")
    assert code(run, "CREATE DATABASE E") == "003001"
    run("USE ROLE SECURITYADMIN", "GRANT ROLE R TO USER U", "GRANT USAGE ON DATABASE D TO ROLE R")
    held = {r["privilege"] for r in run("SHOW GRANTS TO ROLE ACCOUNTADMIN") if r["granted_on"] == "ACCOUNT"}
    assert {"EXECUTE TASK", "EXECUTE MANAGED TASK", "MANAGE GRANTS"} <= held


def test_a_renamed_table_keeps_its_grants(reader: Any):
    reader("USE ROLE ACCOUNTADMIN", "ALTER TABLE D.S.T RENAME TO D.S.T2", "USE ROLE R")
    assert reader("SELECT a FROM D.S.T2") == [{"A": 7}]
    assert code(reader, "SELECT a FROM D.S.T") == "002003"


def test_names_in_identifier_are_checked_too(reader: Any):
    assert reader("SELECT a FROM IDENTIFIER('D.S.T')") == [{"A": 7}]
    assert code(reader, "SELECT a FROM IDENTIFIER('D.S.HIDDEN')") == "002003"
