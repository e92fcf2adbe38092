"""The account-level objects that DuckDB knows nothing of, and the containers that hold them.

Every name is stored resolved: unquoted identifiers upper-cased, quoted ones as written. Schema objects are keyed by
(database, schema, name).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from theia_sf.sandbox.snowflake.catalog_base import CatalogObject, FullName, SchemaObject, now
from theia_sf.sandbox.snowflake.principals import FutureGrant, Grant, Role, User


@dataclass(kw_only=True)
class Warehouse(CatalogObject):
    """A virtual warehouse. `auto_suspend` in seconds (None: never), `state` is STARTED or SUSPENDED."""

    size: str = "X-Small"
    type: str = "STANDARD"
    state: str = "STARTED"
    auto_suspend: int | None = 600
    auto_resume: bool = True
    min_cluster_count: int = 1
    max_cluster_count: int = 1
    scaling_policy: str = "STANDARD"
    enable_query_acceleration: bool = False
    query_acceleration_max_scale_factor: int = 8
    resource_constraint: str | None = None
    generation: str | None = "1"
    resource_monitor: str | None = None
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    resumed_on: datetime = field(default_factory=now)
    updated_on: datetime = field(default_factory=now)


@dataclass(kw_only=True)
class StorageIntegration(CatalogObject):
    """The trust between Snowflake's IAM user and a role of the customer's, for S3."""

    role_arn: str
    allowed_locations: list[str]
    iam_user_arn: str
    external_id: str
    blocked_locations: list[str] = field(default_factory=list[str])
    provider: str = "S3"
    object_acl: str | None = None
    use_privatelink_endpoint: bool = False
    enabled: bool = True


@dataclass(kw_only=True)
class NotificationIntegration(CatalogObject):
    """The trust for publishing pipe errors to an SNS topic."""

    topic_arn: str
    role_arn: str
    iam_user_arn: str
    external_id: str
    enabled: bool = True
    provider: str = "AWS_SNS"
    direction: str = "OUTBOUND"


@dataclass(kw_only=True)
class SecurityIntegration(CatalogObject):
    """Whose OAuth access tokens the account takes (TYPE = EXTERNAL_OAUTH), and whom a token stands for.

    `any_role_mode` is DISABLE, ENABLE or ENABLE_FOR_PRIVILEGE; `user_attribute` is LOGIN_NAME or EMAIL_ADDRESS.
    """

    issuer: str = ""
    enabled: bool = False
    oauth_type: str = "CUSTOM"
    jws_keys_urls: list[str] = field(default_factory=list[str])
    audiences: list[str] = field(default_factory=list[str])
    user_claims: list[str] = field(default_factory=list[str])
    user_attribute: str = "LOGIN_NAME"
    scope_claim: str = "scp"
    scope_delimiter: str = ","
    any_role_mode: str = "DISABLE"
    allowed_roles: list[str] = field(default_factory=list[str])
    blocked_roles: list[str] = field(default_factory=list[str])


@dataclass(kw_only=True)
class Database(CatalogObject):
    """A database; its tables live in the DuckDB database of the same name."""

    transient: bool = False
    retention_time: int = 1
    parameters: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(kw_only=True)
class Schema(CatalogObject):
    """A schema inside `database`."""

    database: str
    transient: bool = False
    managed_access: bool = False
    retention_time: int = 1
    parameters: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def full_name(self) -> FullName:
        """(database, name)."""
        return (self.database, self.name)


@dataclass(kw_only=True)
class Relation(SchemaObject):
    """A table or view: what DuckDB does not keep of it. `kind` is TABLE or VIEW, `text` a view's definition."""

    kind: str = "TABLE"
    text: str | None = None


@dataclass(kw_only=True)
class Stage(SchemaObject):
    """An external stage. `file_format` and `copy_options` hold upper-case option names with parsed values."""

    url: str = ""
    storage_integration: str | None = None
    file_format: dict[str, Any] = field(default_factory=dict[str, Any])
    copy_options: dict[str, Any] = field(default_factory=dict[str, Any])
    directory: dict[str, Any] = field(default_factory=dict[str, Any])
    encryption: dict[str, Any] = field(default_factory=dict[str, Any])
    use_privatelink_endpoint: bool = False


@dataclass(kw_only=True)
class Pipe(SchemaObject):
    """A pipe: its COPY statement as written, and the queue S3 must notify."""

    copy_statement: str
    auto_ingest: bool = False
    error_integration: str | None = None
    integration: str | None = None
    aws_sns_topic: str | None = None
    notification_channel: str | None = None
    paused: bool = False


@dataclass(kw_only=True)
class Task(SchemaObject):
    """A task: one SQL statement, run by EXECUTE TASK. `state` is started or suspended."""

    definition: str
    warehouse: str | None = None
    schedule: str | None = None
    state: str = "suspended"
    predecessors: list[FullName] = field(default_factory=list[FullName])
    condition: str | None = None
    config: str | None = None
    allow_overlapping_execution: bool = False
    error_integration: str | None = None
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    id: str = ""
    last_committed_on: datetime | None = None
    last_suspended_on: datetime | None = None
    last_suspended_reason: str | None = None


@dataclass(kw_only=True)
class TaskRun:
    """One execution of a task, as TASK_HISTORY tells it. `state`: EXECUTING, SUCCEEDED, FAILED."""

    task: FullName
    query_id: str
    query_text: str
    scheduled_time: datetime
    query_start_time: datetime
    state: str = "EXECUTING"
    completed_time: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    run_id: int = 0
    warehouse: str | None = None


@dataclass
class Catalog:
    """All account-level objects. Hold `lock` for anything that reads and then writes."""

    warehouses: dict[str, Warehouse] = field(default_factory=dict[str, Warehouse])
    storage_integrations: dict[str, StorageIntegration] = field(default_factory=dict[str, StorageIntegration])
    notification_integrations: dict[str, NotificationIntegration] = field(
        default_factory=dict[str, NotificationIntegration]
    )
    security_integrations: dict[str, SecurityIntegration] = field(default_factory=dict[str, SecurityIntegration])
    databases: dict[str, Database] = field(default_factory=dict[str, Database])
    schemas: dict[FullName, Schema] = field(default_factory=dict[FullName, Schema])
    relations: dict[FullName, Relation] = field(default_factory=dict[FullName, Relation])
    stages: dict[FullName, Stage] = field(default_factory=dict[FullName, Stage])
    pipes: dict[FullName, Pipe] = field(default_factory=dict[FullName, Pipe])
    tasks: dict[FullName, Task] = field(default_factory=dict[FullName, Task])
    task_runs: list[TaskRun] = field(default_factory=list[TaskRun])
    users: dict[str, User] = field(default_factory=dict[str, User])
    roles: dict[str, Role] = field(default_factory=dict[str, Role])
    grants: dict[Grant, Grant] = field(default_factory=dict[Grant, Grant])
    future_grants: dict[FutureGrant, FutureGrant] = field(default_factory=dict[FutureGrant, FutureGrant])
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    credential_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.RLock = field(default_factory=threading.RLock)

    def next_credential_id(self) -> int:
        """A number for a new credential, as the CREDENTIALS view shows it."""
        with self.lock:
            return next(self.credential_ids)
