"""Task."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.snowflake.names import output_row
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting, boolean, number
from theia_sf.snowflake.identifiers import exact, literal

_INTERVAL = re.compile(r"(\d+) (SECOND|MINUTE|HOUR)S?", re.IGNORECASE)


def _schedule(schedule: Properties) -> str:
    if "usingCron" in schedule:
        return literal(f"USING CRON {schedule['usingCron']}")
    unit = next(unit for unit in ("seconds", "minutes", "hours") if unit in schedule)
    return literal(f"{schedule[unit]} {unit[:-1].upper()}")


class Task(NamedObject):
    """A statement that Snowflake runs by a schedule."""

    resource_type = "snowflake:index/task:Task"
    label = "task"
    kind, plural, within = "TASK", "TASKS", ("database", "schema")
    replaces = frozenset({"name", "database", "schema"})
    computed = frozenset({"fullyQualifiedName", "showOutputs"})
    defaults: ClassVar[Mapping[str, Any]] = {"allowOverlappingExecution": "default"}
    settings: ClassVar[Mapping[str, Setting]] = {
        "warehouse": ("WAREHOUSE", exact),
        "schedule": ("SCHEDULE", _schedule),
        "allowOverlappingExecution": ("ALLOW_OVERLAPPING_EXECUTION", boolean),
        "userTaskManagedInitialWarehouseSize": ("USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE", literal),
        "userTaskTimeoutMs": ("USER_TASK_TIMEOUT_MS", number),
        "suspendTaskAfterNumFailures": ("SUSPEND_TASK_AFTER_NUM_FAILURES", number),
        "comment": ("COMMENT", literal),
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """A warehouse excludes the serverless size; a schedule has exactly one of its forms."""
        failures: list[tuple[str, str]] = []
        if inputs.get("warehouse") and inputs.get("userTaskManagedInitialWarehouseSize"):
            reason = '"warehouse": conflicts with user_task_managed_initial_warehouse_size'
            failures.append(("warehouse", reason))
        if inputs.get("schedule") and inputs.get("afters"):
            failures.append(("schedule", '"schedule": conflicts with after'))
        schedule: Any = inputs.get("schedule", {"usingCron": ""})
        if isinstance(schedule, dict) and len(cast("dict[str, Any]", schedule)) != 1:
            failures.append(("schedule", "exactly one of seconds, minutes, hours, using_cron must be set"))
        return failures

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE TASK … AS."""
        return f"CREATE TASK {name} {self.clauses(inputs)} AS {inputs['sqlStatement']}"

    def create(self, inputs: Properties) -> str:
        """Create the task, suspended as all are, and resume it where it is to be started."""
        object_id = super().create(inputs)
        if inputs["started"]:
            self.execute(f"ALTER TASK {object_id} RESUME", "create")
        return object_id

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW says; the serverless settings only where the program gives them."""
        warehouse = row.get("warehouse")
        kept = {
            key: state[key]
            for key in (
                "allowOverlappingExecution",
                "userTaskManagedInitialWarehouseSize",
                "userTaskTimeoutMs",
                "suspendTaskAfterNumFailures",
            )
            if key in state
        }
        return {
            **kept,
            "comment": row.get("comment") or None,
            "schedule": _read_schedule(row.get("schedule")),
            "showOutputs": [output_row(row)],
            "sqlStatement": row["definition"],
            "started": str(row["state"]).lower() == "started",
            "warehouse": None if warehouse in (None, "", "null") else warehouse,
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """A running task must be suspended to be changed."""
        if state.get("started"):
            self.execute(f"ALTER TASK {object_id} SUSPEND", "update")
        super().update(object_id, state, inputs)
        if inputs["sqlStatement"] != state.get("sqlStatement"):
            self.execute(f"ALTER TASK {object_id} MODIFY AS {inputs['sqlStatement']}", "update")
        if inputs["started"]:
            self.execute(f"ALTER TASK {object_id} RESUME", "update")


def _read_schedule(schedule: Any) -> Properties | None:
    text = str(schedule or "")
    if text.upper().startswith("USING CRON "):
        return {"usingCron": text[len("USING CRON ") :]}
    match = _INTERVAL.fullmatch(text)
    return {f"{match[2].lower()}s": int(match[1])} if match else None
