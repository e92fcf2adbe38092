"""From an upload to rows, as Snowpipe would."""

from __future__ import annotations

import gzip
import time

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError

from .conftest import Pipeline, wait_for


def test_an_upload_is_visible_within_two_seconds(pipeline):
    pipeline.upload("warm-up.csv.gz")
    wait_for(lambda: "warm-up.csv.gz" in pipeline.rows())
    started = time.monotonic()
    pipeline.upload("a folder/é+ü.csv.gz", 25)
    wait_for(lambda: pipeline.rows().get("a folder/é+ü.csv.gz") == 25)
    assert time.monotonic() - started < 2


def test_a_file_delivered_twice_is_loaded_once(pipeline):
    pipeline.upload("twice.csv.gz", 3)
    wait_for(lambda: pipeline.rows() == {"twice.csv.gz": 3})
    pipeline.upload("twice.csv.gz", 3)
    pipeline.upload("after.csv.gz", 1)
    wait_for(lambda: "after.csv.gz" in pipeline.rows())
    assert pipeline.rows() == {"twice.csv.gz": 3, "after.csv.gz": 1}
    assert pipeline.sql(f"ALTER PIPE {pipeline.database}.THEIA.FLOWPIPE REFRESH") == []


def test_a_damaged_file_is_skipped_and_told_of(pipeline):
    pipeline.upload("bad.csv.gz", content=gzip.compress(b"x" * 5000)[:-4])
    pipeline.upload("good.csv.gz", 2)
    wait_for(lambda: pipeline.rows() == {"good.csv.gz": 2})
    [failed] = [row for row in pipeline.history() if row["FILE_NAME"] == "bad.csv.gz"]
    assert failed["STATUS"] == "Load failed"
    assert failed["FIRST_ERROR_MESSAGE"].startswith("Invalid data encountered during decompression")
    assert failed["PIPE_NAME"] == "FLOWPIPE"
    [message] = pipeline.messages()
    assert message["messageType"] == "INGEST_FAILED_FILE"
    assert message["pipeName"] == f"{pipeline.database}.THEIA.FLOWPIPE"
    assert message["messages"] == [{"fileName": "/bad.csv.gz", "firstError": failed["FIRST_ERROR_MESSAGE"]}]


def test_what_is_no_record_fails_no_file(pipeline):
    html = b"<html>\n<h1>Not Found</h1>\n</html>\n"
    pipeline.upload("page.csv.gz", content=html)
    wait_for(lambda: pipeline.rows() == {"page.csv.gz": 3})
    rejected = pipeline.sql(
        f"SELECT rejectedRecord FROM {pipeline.database}.THEIA.REJECTED_FLOWS ORDER BY sourceFileRow"
    )
    assert [row[0] for row in rejected] == html.decode().splitlines()
    assert pipeline.messages() == []


def test_a_paused_pipe_keeps_what_comes(pipeline):
    pipeline.sql(f"ALTER PIPE {pipeline.database}.THEIA.FLOWPIPE SET PIPE_EXECUTION_PAUSED = TRUE")
    pipeline.upload("later.csv.gz", 4)
    wait_for(lambda: pipeline.status["numOutstandingMessagesOnChannel"] == 1)
    assert pipeline.status["executionState"] == "PAUSED"
    assert pipeline.rows() == {}
    pipeline.sql(f"ALTER PIPE {pipeline.database}.THEIA.FLOWPIPE SET PIPE_EXECUTION_PAUSED = FALSE")
    wait_for(lambda: pipeline.rows() == {"later.csv.gz": 4})
    status = pipeline.status
    assert (status["executionState"], status["pendingFileCount"]) == ("RUNNING", 0)
    assert status["lastIngestedFilePath"] == "later.csv.gz"
    assert status["notificationChannelName"].split(":")[4] == pipeline.services.aws.snowflake_account_id


def test_without_the_role_nothing_is_read_and_nothing_is_lost(pipeline):
    pipeline.delete_role("storage")
    pipeline.upload("waiting.csv.gz", 2)
    wait_for(lambda: "error" in pipeline.status)
    assert "is not authorized to perform: sts:AssumeRole" in pipeline.status["error"]
    assert pipeline.status["pendingFileCount"] == 1
    with pytest.raises(SnowflakeError, match="Error assuming AWS_ROLE"):
        pipeline.sql(f"ALTER PIPE {pipeline.database}.THEIA.FLOWPIPE REFRESH")
    integration = pipeline.services.account.catalog.storage_integrations[f"S_{pipeline.suffix.upper()}"]
    pipeline.create_role("storage", integration, "s3:*", "*")
    wait_for(lambda: pipeline.rows() == {"waiting.csv.gz": 2})


def test_a_role_that_trusts_another_external_id_is_of_no_use(pipeline):
    integration = pipeline.services.account.catalog.storage_integrations[f"S_{pipeline.suffix.upper()}"]
    integration.external_id = "another"
    with pytest.raises(SnowflakeError, match="Error assuming AWS_ROLE"):
        pipeline.sql(f"ALTER PIPE {pipeline.database}.THEIA.FLOWPIPE REFRESH")


def test_copy_by_hand_takes_a_file_once_unless_forced(pipeline):
    pipeline.sql(f"ALTER PIPE {pipeline.database}.THEIA.FLOWPIPE SET PIPE_EXECUTION_PAUSED = TRUE")
    pipeline.upload("by-hand.csv.gz", 2)
    copy = f"{pipeline.pipe.copy_statement} FILES = ('by-hand.csv.gz')"
    [answer] = pipeline.sql(copy)
    assert answer[:4] == (f"s3://{pipeline.bucket}/flows/by-hand.csv.gz", "LOADED", 2, 2)
    assert pipeline.sql(copy) == [("Copy executed with 0 files processed.",)]
    pipeline.sql(f"{copy} FORCE = TRUE")
    assert pipeline.rows() == {"by-hand.csv.gz": 4}
    with pytest.raises(SnowflakeError, match="was not found"):
        pipeline.sql(f"{pipeline.pipe.copy_statement} FILES = ('missing.csv.gz')")
    pipeline.services.account.snowpipe.pipe_dropped(pipeline.pipe)


@pytest.mark.usefixtures("pipeline")
def test_a_bucket_of_another_region_notifies_a_queue_there(services, pipeline):
    # S3 takes only queues of the bucket's own region, so Snowflake offers one in each.
    elsewhere = Pipeline(services, "eu-central-1")
    assert elsewhere.pipe.notification_channel.startswith("arn:aws:sqs:eu-central-1:444455556666:sf-snowpipe-")
    elsewhere.upload("far.csv.gz", 3)
    elsewhere.upload("bad.csv.gz", content=gzip.compress(b"x" * 5000)[:-4])
    pipeline.upload("near.csv.gz", 2)
    wait_for(lambda: elsewhere.rows() == {"far.csv.gz": 3} and pipeline.rows() == {"near.csv.gz": 2})
    wait_for(lambda: len(elsewhere.messages()) == 1)
    assert elsewhere.status["numOutstandingMessagesOnChannel"] == 0
