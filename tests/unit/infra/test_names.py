"""The Pulumi program stands alone, so the product repeats a few of its names: they must stay the same."""

from __future__ import annotations

import yaml

from theia_sf.flows import databases
from theia_sf.flows.snowflake_source import SnowflakeFlowSource
from theia_sf.ingestion.pipe import FlowPipe
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import PROJECT
from theia_sf_infra import migrations, names


def test_the_project():
    text = (migrations.FOLDER.parents[1] / "Pulumi.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["name"] == PROJECT


def test_the_database_that_an_analysis_finds(declared):
    (database,) = declared.of_type("snowflake:index/database:Database").values()
    assert database.inputs["name"].startswith(databases._PREFIX)


def test_the_table_that_an_analysis_reads():
    source = SnowflakeFlowSource(None, "D", timeout_seconds=1)
    assert f'"D"."{names.SCHEMA}"."{names.FLOWS_TABLE}"' in source.flows


def test_the_view_of_rejected_records():
    outputs = PipelineOutputs(
        "r", "b", "f", "D", names.SCHEMA, names.FLOWS_TABLE, "topic", "queue", pipe_name=names.PIPE
    )
    database, schema, view = FlowPipe(None, outputs).rejected.replace('"', "").split(".")
    views = [migration.sql(database, schema) for migration in migrations.load()]
    assert any(f" {database}.{schema}.{view}\n" in sql for sql in views)
