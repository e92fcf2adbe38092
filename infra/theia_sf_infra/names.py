"""What everything is called.

Names inside the database are fixed; names that are unique in an account or in the world end in the stack's suffix of
16 lower-case letters and digits, in upper case in Snowflake, where an unquoted identifier is upper case. No resource is
left to Pulumi's own naming, whose hyphens make Snowflake identifiers that must be quoted everywhere.
"""

from __future__ import annotations

import pulumi

SUFFIX_LENGTH = 16
FLOWS_FOLDER = "flows"
RESULTS_FOLDER = "results"
SCHEMA = "THEIA"
FLOWS_TABLE = "FLOWS"
STAGE = "FLOWSTAGE"
PIPE = "FLOWPIPE"
TASK = "DELETE_STALE_FLOWS"


class Names:
    """The names that carry a stack's suffix.

    Attributes:
        flows: the bucket, the topic and the queue.
        database, reader: identifiers in Snowflake; `reader` names the role and the warehouse.
        storage_role, storage_policy, notification_role, notification_policy: in IAM.
        storage_integration, notification_integration: identifiers in Snowflake.
        function: the scheduled function, its layer and the end of its log group's name.
        function_role, schedule_role: in IAM; `function_user`: the user in Snowflake that the former role is.
    """

    def __init__(self, suffix: pulumi.Output[str]) -> None:
        self._suffix = suffix
        upper = suffix.apply(str.upper)
        self.flows = pulumi.Output.concat("antrea-flows-", suffix)
        self.storage_role = pulumi.Output.concat("antrea-sf-storage-iam-role-", suffix)
        self.storage_policy = pulumi.Output.concat("antrea-sf-storage-iam-policy-", suffix)
        self.notification_role = pulumi.Output.concat("antrea-sf-notification-iam-role-", suffix)
        self.notification_policy = pulumi.Output.concat("antrea-sf-notification-iam-policy-", suffix)
        self.storage_integration = pulumi.Output.concat("ANTREA_FLOWS_STORAGE_INTEGRATION_", upper)
        self.notification_integration = pulumi.Output.concat("ANTREA_FLOWS_NOTIFICATION_INTEGRATION_", upper)
        self.database = pulumi.Output.concat("ANTREA_", upper)
        self.reader = pulumi.Output.concat("ANTREA_READER_", upper)
        self.function = pulumi.Output.concat("antrea-sf-function-", suffix)
        self.function_role = pulumi.Output.concat("antrea-sf-function-iam-role-", suffix)
        self.schedule_role = pulumi.Output.concat("antrea-sf-schedule-iam-role-", suffix)
        self.function_user = pulumi.Output.concat("ANTREA_FUNCTION_", upper)

    def schedule(self, job: str) -> pulumi.Output[str]:
        """The name of the schedule that runs a job."""
        return pulumi.Output.concat("antrea-sf-", job, "-", self._suffix)
