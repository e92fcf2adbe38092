"""A file of the largest size that the Flow Aggregator writes."""

from __future__ import annotations

import pytest

from theia_sf.sandbox.flows import FlowOptions, generate

from .conftest import wait_for


@pytest.mark.soak
def test_a_million_records_arrive_complete(pipeline, record_property):
    [file] = generate(FlowOptions(rows=1_000_000, days=1))
    pipeline.upload(file.name, content=file.content)
    wait_for(lambda: pipeline.rows() == {file.name: 1_000_000}, seconds=120)
    [loaded] = pipeline.history()
    seconds = (loaded["LAST_LOAD_TIME"] - loaded["PIPE_RECEIVED_TIME"]).total_seconds()
    record_property("records_per_second", round(1_000_000 / seconds))
    rejected = pipeline.sql(f"SELECT COUNT(rejectedRecord) FROM {pipeline.database}.THEIA.FLOWS")
    assert rejected[0][0] == 0
