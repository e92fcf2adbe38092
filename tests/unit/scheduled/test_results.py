"""Where results go."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from theia_sf.scheduled import results
from theia_sf.scheduled.jobs import Job
from theia_sf.scheduled.results import JSON, Document, ResultStore
from theia_sf_infra.names import RESULTS_FOLDER


def written(monkeypatch, environ, run_id="0a1b2c3d-4444"):
    put = []
    monkeypatch.setattr(results, "client", lambda *_: SimpleNamespace(put_object=lambda **to: put.append(to["Key"])))
    where = ResultStore(environ).write(
        Job.DROP_DETECTION, [Document("json", JSON, b"{}")], now=datetime(2026, 7, 1, 6, tzinfo=UTC), run_id=run_id
    )
    return where, put


def test_the_folder_is_the_one_that_the_stacks_function_may_write_to(monkeypatch):
    where, put = written(monkeypatch, {"THEIA_SF_RESULTS_BUCKET": "my-results"})
    assert results.DEFAULT_PREFIX == RESULTS_FOLDER
    assert put == [
        f"{RESULTS_FOLDER}/drop-detection/20260701T060000Z-0a1b2c3d.json",
        f"{RESULTS_FOLDER}/drop-detection/latest.json",
    ]
    assert where == {
        "result": "s3://my-results/results/drop-detection/20260701T060000Z-0a1b2c3d.json",
        "latest": "s3://my-results/results/drop-detection/latest.json",
    }


def test_the_bucket_itself_and_a_call_without_an_id(monkeypatch):
    environ = {"THEIA_SF_RESULTS_BUCKET": "my-results", "THEIA_SF_RESULTS_PREFIX": "/"}
    assert written(monkeypatch, environ, run_id="")[1] == [
        "drop-detection/20260701T060000Z.json",
        "drop-detection/latest.json",
    ]
