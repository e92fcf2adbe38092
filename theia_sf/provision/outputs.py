"""What a finished pipeline consists of: the outputs of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from theia_sf.errors import TheiaError

# Title and field of each row of the result, in the order that the original tool printed them.
ROWS: tuple[tuple[str, str], ...] = (
    ("Region", "region"),
    ("Bucket Name", "bucket_name"),
    ("Bucket Flows Folder", "bucket_flows_folder"),
    ("Snowflake Database Name", "database_name"),
    ("Snowflake Schema Name", "schema_name"),
    ("Snowflake Flows Table Name", "flows_table_name"),
    ("SNS Topic ARN", "sns_topic_arn"),
    ("SQS Queue ARN", "sqs_queue_arn"),
)


@dataclass(frozen=True)
class PipelineOutputs:
    """The names and ARNs of one pipeline, as its Pulumi program exports them; '' for what it does not have."""

    region: str
    bucket_name: str
    bucket_flows_folder: str
    database_name: str
    schema_name: str
    flows_table_name: str
    sns_topic_arn: str
    sqs_queue_arn: str
    stage_name: str = ""
    pipe_name: str = ""
    task_name: str = ""
    storage_integration_name: str = ""
    notification_integration_name: str = ""
    reader_role_name: str = ""
    reader_warehouse_name: str = ""
    function_name: str = ""
    function_arn: str = ""
    function_role_arn: str = ""
    function_user: str = ""

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> PipelineOutputs:
        """Takes the plain values of a stack's outputs; others than the known ones are left alone.

        Raises:
            TheiaError: one that every pipeline has is missing, so the stack was never onboarded to the end.
        """
        known = {f.name: str(outputs[f.name]) for f in fields(cls) if outputs.get(f.name) is not None}
        missing = [name for _, name in ROWS if name not in known]
        if missing:
            msg = f"The stack has no output {missing[0]}: its onboarding never finished."
            raise TheiaError(msg, hint="Run theia-sf onboard again: it continues where it stopped.")
        return cls(**known)

    def result(self) -> dict[str, str]:
        """The eight values that `onboard` reports, by their JSON keys."""
        values = asdict(self)
        return {name: values[name] for _, name in ROWS}

    def helm_values(self) -> str:
        """Values for the Helm chart of Antrea's Flow Aggregator that send the flows into this pipeline.

        Source: `s3Uploader` in build/charts/flow-aggregator/values.yaml of antrea-io/antrea.
        """
        return (
            "s3Uploader:\n"
            "  enable: true\n"
            f'  bucketName: "{self.bucket_name}"\n'
            f'  bucketPrefix: "{self.bucket_flows_folder}"\n'
            f'  region: "{self.region}"\n'
            '  recordFormat: "CSV"\n'
            "  compress: true\n"
        )
