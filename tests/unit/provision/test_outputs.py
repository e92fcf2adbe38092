from __future__ import annotations

import pytest
import yaml

from theia_sf.errors import TheiaError
from theia_sf.provision.outputs import ROWS, PipelineOutputs

OUTPUTS = {name: f"the {name}" for _, name in ROWS}


def test_the_table_has_the_originals_rows_in_its_order():
    assert [title for title, _ in ROWS] == [
        "Region",
        "Bucket Name",
        "Bucket Flows Folder",
        "Snowflake Database Name",
        "Snowflake Schema Name",
        "Snowflake Flows Table Name",
        "SNS Topic ARN",
        "SQS Queue ARN",
    ]


def test_the_result_has_eight_keys_and_others_are_kept_apart():
    outputs = PipelineOutputs.from_outputs({**OUTPUTS, "pipe_name": "FLOWPIPE", "unknown": "x"})
    assert outputs.result() == OUTPUTS
    assert outputs.pipe_name == "FLOWPIPE"


def test_a_stack_without_outputs_was_not_finished():
    with pytest.raises(TheiaError, match="never finished"):
        PipelineOutputs.from_outputs({})


def test_helm_values_point_the_flow_aggregator_at_the_bucket():
    uploader = yaml.safe_load(PipelineOutputs.from_outputs(OUTPUTS).helm_values())["s3Uploader"]
    assert uploader == {
        "enable": True,
        "bucketName": "the bucket_name",
        "bucketPrefix": "the bucket_flows_folder",
        "region": "the region",
        "recordFormat": "CSV",
        "compress": True,
    }
