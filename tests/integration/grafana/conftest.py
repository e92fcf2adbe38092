"""A pipeline with flows in it, and a reader of it as Grafana is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import snowflake.connector

from tests.integration.grafana.reader import Reader
from tests.integration.grafana.records import Dataset, dataset
from tests.integration.ingestion.conftest import REGION, Pipeline, services, wait_for
from theia_sf.sandbox.daemon.services import Services
from theia_sf.sandbox.snowpipe import access
from theia_sf_infra import migrations

__all__ = ["services"]  # the fixture is found by its name here

READER = "ANTREA_READER"
ACCOUNTANT = "ANTREA_ACCOUNTANT"
"""A reader that has the database roles which the dashboard of costs says it needs."""
ROWS, DAYS = 3_000, 5


@pytest.fixture(scope="module")
def flows() -> Dataset:
    return dataset(ROWS, DAYS)


@pytest.fixture(scope="module")
def reader(services: Services, flows: Dataset) -> Iterator[Reader]:
    """A session of the reader role, whose rights are those that `theia_sf_infra.readers` grants."""
    with pytest.MonkeyPatch.context() as patch:
        key = services.aws.keys[services.aws.account_id]
        patch.setenv("AWS_ENDPOINT_URL", services.aws.endpoint_url)
        patch.setenv("AWS_ACCESS_KEY_ID", key.key_id)
        patch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
        patch.setenv("AWS_REGION", REGION)
        patch.setattr(access, "CACHE_SECONDS", 0.0)
        pipeline = Pipeline(services)
        _migrate(pipeline)
        _grant(pipeline)
        for name, content in flows.files.items():
            pipeline.upload(name, content=content)
        wanted = len(flows.records) + len(flows.rejected)
        wait_for(lambda: sum(pipeline.rows().values()) == wanted, seconds=60)
        login = services.login
        settings = {
            "account": login.account,
            "user": "GRAFANA",
            "password": "Grafana-reads-1",
            "host": login.host,
            "port": login.port,
            "protocol": "http",
            "warehouse": "LAB",
            "database": pipeline.database,
            "schema": "THEIA",
            "session_parameters": {"TIMEZONE": "America/Los_Angeles"},  # a Snowflake account's own default
        }
        with (
            closing(snowflake.connector.connect(**settings, role=READER)) as connection,
            closing(snowflake.connector.connect(**settings, role=ACCOUNTANT)) as usage,
        ):
            yield Reader(connection, usage)


def _migrate(pipeline: Pipeline) -> None:
    """Replace the pipeline's table and view by those of the migrations."""
    schema = f"{pipeline.database}.THEIA"
    pipeline.sql(f"DROP VIEW {schema}.REJECTED_FLOWS")
    pipeline.sql(f"DROP TABLE {schema}.FLOWS")
    for migration in migrations.load():
        pipeline.sql(migration.sql(pipeline.database, "THEIA"))
    pipeline.create_pipe()


def _grant(pipeline: Pipeline) -> None:
    database = pipeline.database
    for sql in (
        f"CREATE ROLE {READER}",
        f"GRANT USAGE ON DATABASE {database} TO ROLE {READER}",
        f"GRANT USAGE ON SCHEMA {database}.THEIA TO ROLE {READER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {database}.THEIA TO ROLE {READER}",
        f"GRANT SELECT ON ALL VIEWS IN SCHEMA {database}.THEIA TO ROLE {READER}",
        f"GRANT MONITOR ON PIPE {database}.THEIA.FLOWPIPE TO ROLE {READER}",
        f"GRANT USAGE ON WAREHOUSE LAB TO ROLE {READER}",
        f"CREATE ROLE {ACCOUNTANT}",
        f"GRANT ROLE {READER} TO ROLE {ACCOUNTANT}",
        f"GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE {ACCOUNTANT}",
        f"GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE {ACCOUNTANT}",
        f"CREATE USER GRAFANA PASSWORD = 'Grafana-reads-1' DEFAULT_ROLE = {READER} DEFAULT_SECONDARY_ROLES = ()",
        f"GRANT ROLE {READER} TO USER GRAFANA",
        f"GRANT ROLE {ACCOUNTANT} TO USER GRAFANA",
    ):
        pipeline.sql(sql)
