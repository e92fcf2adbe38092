"""Changing the pipe's COPY: files from before, during and after are each loaded exactly once."""

from __future__ import annotations

import pytest

from theia_sf.errors import TheiaError
from theia_sf.ingestion.upgrade import pipe_upgrade

from .conftest import wait_for


def test_each_file_is_loaded_exactly_once(pipeline):
    for number in range(3):
        pipeline.upload(f"before-{number}.csv.gz", 10)
    with pipe_upgrade(pipeline.request, pipeline.outputs):
        assert pipeline.status["executionState"] == "PAUSED"
        assert pipeline.status["pendingFileCount"] == 0
        pipeline.upload("paused.csv.gz", 10)
        pipeline.sql(f"DROP PIPE {pipeline.database}.THEIA.FLOWPIPE")
        pipeline.upload("between.csv.gz", 10)
        pipeline.create_pipe("the new one")
        pipeline.upload("new pipe.csv.gz", 10)
    pipeline.upload("after.csv.gz", 10)
    names = [f"before-{number}.csv.gz" for number in range(3)]
    names += ["paused.csv.gz", "between.csv.gz", "new pipe.csv.gz", "after.csv.gz"]
    wait_for(lambda: len(pipeline.rows()) == len(names) and pipeline.status["pendingFileCount"] == 0)
    assert pipeline.rows() == dict.fromkeys(names, 10)
    assert pipeline.pipe.comment == "the new one"


def test_a_pipe_deleted_by_hand_misses_nothing_when_it_is_restored(pipeline):
    pipeline.upload("before.csv.gz", 5)
    wait_for(lambda: pipeline.rows() == {"before.csv.gz": 5})
    pipeline.sql(f"DROP PIPE {pipeline.database}.THEIA.FLOWPIPE")
    pipeline.upload("meanwhile.csv.gz", 5)
    with pipe_upgrade(pipeline.request, pipeline.outputs):
        pipeline.create_pipe()
    wait_for(lambda: pipeline.rows() == {"before.csv.gz": 5, "meanwhile.csv.gz": 5})


def test_a_failed_update_resumes_the_old_pipe(pipeline):
    def update() -> None:
        with pipe_upgrade(pipeline.request, pipeline.outputs):
            assert pipeline.pipe.paused
            message = "The update failed."
            raise TheiaError(message)

    with pytest.raises(TheiaError, match="The update failed"):
        update()
    assert not pipeline.pipe.paused


def test_a_pipe_that_does_not_get_done_stays_as_it_was(pipeline):
    pipeline.delete_role("storage")
    pipeline.upload("stuck.csv.gz")
    wait_for(lambda: "error" in pipeline.status)
    with pytest.raises(TheiaError, match="still waiting"), pipe_upgrade(pipeline.request, pipeline.outputs):
        pytest.fail("the update must not begin")
    assert not pipeline.pipe.paused
