"""Warehouse."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.snowflake.names import output_row
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting, boolean, number
from theia_sf.snowflake.identifiers import literal

# The spellings that SHOW WAREHOUSES uses, against those that statements take.
_SIZES = {"XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "XXXLARGE", "X4LARGE", "X5LARGE", "X6LARGE"}


def _size(value: Any) -> str:
    plain = str(value).upper().replace("-", "")
    return {"2XLARGE": "XXLARGE", "3XLARGE": "XXXLARGE"}.get(plain, plain)


class Warehouse(NamedObject):
    """A warehouse."""

    resource_type = "snowflake:index/warehouse:Warehouse"
    label = "warehouse"
    kind, plural = "WAREHOUSE", "WAREHOUSES"
    replaces = frozenset({"name"})
    computed = frozenset({"fullyQualifiedName", "showOutputs"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "autoResume": "default",
        "enableQueryAcceleration": "default",
        "queryAccelerationMaxScaleFactor": -1,
    }
    settings: ClassVar[Mapping[str, Setting]] = {
        "warehouseType": ("WAREHOUSE_TYPE", literal),
        "warehouseSize": ("WAREHOUSE_SIZE", literal),
        "maxClusterCount": ("MAX_CLUSTER_COUNT", number),
        "minClusterCount": ("MIN_CLUSTER_COUNT", number),
        "scalingPolicy": ("SCALING_POLICY", literal),
        "autoSuspend": ("AUTO_SUSPEND", number),
        "autoResume": ("AUTO_RESUME", boolean),
        "initiallySuspended": ("INITIALLY_SUSPENDED", boolean),
        "comment": ("COMMENT", literal),
        "statementTimeoutInSeconds": ("STATEMENT_TIMEOUT_IN_SECONDS", number),
        "statementQueuedTimeoutInSeconds": ("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", number),
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """The size is one that Snowflake has."""
        size = inputs.get("warehouseSize")
        if isinstance(size, str) and _size(size) not in _SIZES:
            return [("warehouseSize", f"invalid warehouse size: {size}")]
        return []

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Sizes have several spellings; the first state matters only once."""
        if key == "initiallySuspended":
            return True
        if key == "warehouseSize" and old and new:
            return _size(old) == _size(new)
        return old == new

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE WAREHOUSE."""
        return f"CREATE WAREHOUSE {name} {self.clauses(inputs)}"

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW says of the properties that the program sets."""
        size, resume = state.get("warehouseSize"), state.get("autoResume", "default")
        live: Properties = {
            "comment": row.get("comment") or None,
            "autoResume": "default" if resume == "default" else boolean(row.get("auto_resume")),
            "showOutputs": [output_row(row)],
        }
        if size is not None:
            live["warehouseSize"] = size if self.same("warehouseSize", size, row["size"]) else _size(row["size"])
        if "autoSuspend" in state:
            live["autoSuspend"] = int(row.get("auto_suspend") or 0)
        return live
