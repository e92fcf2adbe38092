"""The account answers what the published Snowflake provider asks: its own statements, replayed in its order.

The columns are those its SDK scans (github.com/snowflakedb/terraform-provider-snowflake, pkg/sdk, the `…Row` structs);
NULL in a column that it scans into a plain string, number or time fails the whole operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.results import Result
from theia_sf.sandbox.snowflake.sessions import Session
from theia_sf_infra import migrations

TRACKING = (
    ' --terraform_provider_usage_tracking {{"json_schema_version":"1","version":"dev",'
    '"resource":"snowflake_{}","operation":"{}"}}'
)
COPY = (
    "COPY INTO ANTREA_X.THEIA.FLOWS (sourceIP) FROM (SELECT $1 FROM @ANTREA_X.THEIA.FLOWSTAGE)"
    " FILE_FORMAT = (TYPE = CSV) ON_ERROR = SKIP_FILE"
)

COUNTS = {"assigned_to_users", "granted_to_roles", "granted_roles"}

# per statement: what must never be NULL, and which of these are times
TIMES = {"created_on", "resumed_on", "updated_on"}
NEVER_NULL = {
    "SHOW WAREHOUSES": "name state type is_default is_current auto_resume available provisioning quiescing other"
    " created_on resumed_on updated_on owner comment resource_monitor",
    "SHOW DATABASES": "created_on name",
    "SHOW SCHEMAS": "created_on name is_default is_current database_name owner retention_time owner_role_type",
    "SHOW STAGES": "created_on name database_name schema_name url has_credentials has_encryption_key owner comment type"
    " directory_enabled cloud storage_integration",
    "DESCRIBE STAGE": "parent_property property property_type property_value property_default",
    "SHOW PIPES": "name database_name schema_name definition owner notification_channel error_integration comment",
    "SHOW TASKS": "name id database_name schema_name owner predecessors state definition allow_overlapping_execution"
    " owner_role_type task_relations schedule",
    "SHOW STORAGE INTEGRATIONS": "name type category enabled created_on",
    "DESCRIBE STORAGE INTEGRATION": "property property_type property_value property_default",
    "SHOW NOTIFICATION INTEGRATIONS": "name type category enabled created_on",
    "DESCRIBE NOTIFICATION INTEGRATION": "property property_type property_value property_default",
    "SHOW ROLES": "created_on name assigned_to_users granted_to_roles granted_roles",
    "SHOW GRANTS ON": "created_on privilege granted_on name granted_to grantee_name grant_option granted_by",
    "SHOW GRANTS OF": "created_on role granted_to grantee_name granted_by",
    "SHOW FUTURE GRANTS": "created_on privilege grant_on name grant_to grantee_name grant_option",
    "SHOW PARAMETERS": "key level",
}


class StillPipes:
    """Stands in for Snowpipe, which has tests of its own."""

    def validate_pipe(self, copy_statement: str, session: Session) -> None:
        assert copy_statement == COPY

    def pipe_created(self, pipe: Any) -> None:
        pipe.notification_channel = "arn:aws:sqs:us-west-2:906540417226:sf-snowpipe"

    def pipe_dropped(self, pipe: Any) -> None:
        pass


def transcript() -> dict[str, list[str]]:
    """The statements by section, as they went over the wire."""
    sections: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("published_provider.txt").read_text().splitlines():
        if line.startswith("["):
            sections[line.strip("[]")] = []
        elif " | " in line and not line.startswith("#"):
            resource, operation, sql = line.split(" | ", 2)
            comment = "" if resource == "provider" else TRACKING.format(resource, operation)
            sections[[*sections][-1]].append(sql.replace("{copy}", COPY) + comment)
    return sections


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    account = Account(admin_user="THEIA", admin_password="secret")
    account.snowpipe = StillPipes()
    yield account
    account.close()


@pytest.fixture(scope="module")
def created(account: Account) -> dict[str, Result]:
    """The answers while a stack was made, by statement; its session has ended, as the engine's does."""
    session = account.open_session("THEIA")
    answers = dict(run(account, session, "create"))
    session.close()
    return answers


def run(account: Account, session: Session, section: str) -> list[tuple[str, Result]]:
    answers: list[tuple[str, Result]] = []
    for sql in transcript()[section]:
        answers.append((sql, account.execute(sql, session)))
        if section == "create" and sql.startswith("DESCRIBE SCHEMA"):  # where the migrations run
            for migration in migrations.load():
                account.execute(migration.sql("ANTREA_X", "THEIA"), session)
    return answers


def answer_to(answers: dict[str, Result], start: str) -> list[dict[str, Any]]:
    """The rows of the last statement that starts so."""
    return [answer for sql, answer in answers.items() if sql.startswith(start)][-1].dicts()


def test_every_column_that_the_provider_needs_is_filled(created):
    seen: set[str] = set()
    for sql, answer in created.items():
        for start, columns in NEVER_NULL.items():
            if not sql.startswith(start):
                continue
            seen.add(start)
            assert answer.dicts(), f"{sql} has rows"
            for row in answer.dicts():
                for column in columns.split():
                    assert row[column] is not None, f"{column} of {sql}"
                    assert isinstance(row[column], datetime) == (column in TIMES), f"{column} of {sql}"
    assert seen == set(NEVER_NULL)


def test_a_stage_is_described_with_its_location(created):
    """The provider dereferences the location without a look whether there is one."""
    rows = answer_to(created, "DESCRIBE STAGE")
    properties = {(row["parent_property"], row["property"]): row["property_value"] for row in rows}
    assert properties["STAGE_LOCATION", "URL"] == '["s3://antrea-flows-x/flows/"]'


def test_bodies_come_back_as_given(created):
    """Without the provider's trailing comment: a difference would replace the pipe at each refresh."""
    (pipe,) = answer_to(created, "SHOW PIPES")
    assert pipe["definition"] == COPY
    (task,) = answer_to(created, "SHOW TASKS")
    assert task["definition"].startswith("DELETE FROM ANTREA_X.THEIA.FLOWS WHERE")
    assert task["definition"].endswith("CURRENT_TIMESTAMP())")
    assert task["state"] == "started"


def test_parameters_that_nobody_set_have_no_level_of_the_object(created):
    for sql, answer in created.items():
        if sql.startswith("SHOW PARAMETERS IN "):
            kind = sql.split()[3]
            own = {row["key"] for row in answer.dicts() if row["level"] == kind}
            assert own == ({"USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE"} if kind == "TASK" else set())


def test_a_refresh_finds_everything_as_it_was_made(account, created):
    session = account.open_session("THEIA")
    found = dict(run(account, session, "read"))
    session.close()
    made = {sql.partition(" --")[0]: answer for sql, answer in created.items()}
    for sql, answer in found.items():
        if sql.startswith(("SHOW ", "DESCRIBE ")) and not sql.startswith("DESCRIBE SCHEMA"):
            for rows in zip(answer.dicts(), made[sql.partition(" --")[0]].dicts(), strict=True):
                # what is current belongs to the session, and roles were counted before they were granted
                one, other = ({k: v for k, v in row.items() if k not in {"is_current", *COUNTS}} for row in rows)
                assert one == other, sql


def test_a_stack_is_destroyed_although_the_session_that_made_it_has_ended(account, created):
    """The ended session had the schema selected that is dropped now. Runs last: it empties the account."""
    run(account, account.open_session("THEIA"), "delete")
    left = account.catalog
    stores = ("databases", "schemas", "stages", "pipes", "tasks", "warehouses", "storage_integrations")
    assert {store: dict(getattr(left, store)) for store in (*stores, "notification_integrations")} == {
        store: {} for store in (*stores, "notification_integrations")
    }
    assert "ANTREA_READER_X" not in left.roles
