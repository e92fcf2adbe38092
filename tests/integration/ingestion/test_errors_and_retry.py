"""`ingestion errors` and `ingestion retry`, below the command line."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto.s3.models import s3_backends

from theia_sf.ingestion.failures import failed_files, notifications, rejected_records
from theia_sf.ingestion.pipe import FlowPipe
from theia_sf.ingestion.retry import Outcome, retry
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.warehouse import temporary_warehouse

from .conftest import Pipeline, wait_for

DAMAGED = gzip.compress(b"x" * 5000)[:-4]


@pytest.fixture
def pipe(pipeline: Pipeline) -> Iterator[FlowPipe]:
    with session(pipeline.settings) as connection, temporary_warehouse(connection):
        yield FlowPipe(connection, pipeline.outputs)


def test_errors_of_all_kinds(pipeline, pipe):
    pipeline.upload("bad.csv.gz", content=DAMAGED)
    pipeline.upload("page.csv", content=b"one\ntwo\n")
    wait_for(lambda: pipeline.rows() == {"page.csv": 2} and len(pipeline.history()) == 2)
    [failed] = failed_files(pipe)
    assert (failed.kind, failed.file) == ("file", "flows/bad.csv.gz")
    first, second = rejected_records(pipe, 10)
    assert (first.kind, first.file, first.row, first.message) == ("record", "flows/page.csv", 1, "one")
    assert second.row == 2
    assert len(rejected_records(pipe, 1)) == 1
    [told] = notifications(pipe, pipeline.queue, 5)
    assert (told.kind, told.file, told.message) == ("notification", "flows/bad.csv.gz", failed.message)


def test_retry_loads_what_was_replaced_and_nothing_twice(pipeline, pipe):
    for name in ("replaced.csv.gz", "unchanged.csv.gz", "deleted.csv.gz"):
        pipeline.upload(name, content=DAMAGED)
    wait_for(lambda: len(pipeline.history()) == 3)
    pipeline.s3.put_bucket_notification_configuration(Bucket=pipeline.bucket, NotificationConfiguration={})
    pipeline.s3.delete_object(Bucket=pipeline.bucket, Key="flows/deleted.csv.gz")
    age(pipeline, "flows/unchanged.csv.gz")
    pipeline.upload("replaced.csv.gz", 7)
    outcomes = {result.file: result for result in retry(pipe.connection, pipe)}
    assert {name: result.outcome for name, result in outcomes.items()} == {
        "flows/replaced.csv.gz": Outcome.LOADED,
        "flows/unchanged.csv.gz": Outcome.UNCHANGED,
        "flows/deleted.csv.gz": Outcome.GONE,
    }
    assert outcomes["flows/replaced.csv.gz"].rows == 7
    assert {result.file for result in retry(pipe.connection, pipe)} == {
        "flows/unchanged.csv.gz",
        "flows/deleted.csv.gz",
    }
    assert pipeline.rows() == {"replaced.csv.gz": 7}
    again = {result.file: result.outcome for result in retry(pipe.connection, pipe, unchanged_too=True)}
    assert again["flows/unchanged.csv.gz"] is Outcome.FAILED


def test_retry_leaves_alone_what_the_pipe_has_loaded_itself(pipeline, pipe):
    pipeline.upload("again.csv.gz", content=DAMAGED)
    wait_for(lambda: len(pipeline.history()) == 1)
    pipeline.upload("again.csv.gz", 4)
    wait_for(lambda: pipeline.rows() == {"again.csv.gz": 4})
    assert retry(pipe.connection, pipe) == []
    assert pipeline.rows() == {"again.csv.gz": 4}


def test_nothing_failed(pipeline, pipe):
    assert failed_files(pipe) == []
    assert retry(pipe.connection, pipe) == []


def age(pipeline: Pipeline, key: str) -> None:
    """Makes an object a minute older than it is."""
    stored = s3_backends[pipeline.services.aws.account_id]["aws"].buckets[pipeline.bucket].keys[key]
    stored.last_modified -= timedelta(minutes=1)
