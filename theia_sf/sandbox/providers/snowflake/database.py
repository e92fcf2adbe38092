"""Database and Schema."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.snowflake.names import output_row
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting, boolean, number
from theia_sf.snowflake.identifiers import literal


class Database(NamedObject):
    """A database."""

    resource_type = "snowflake:index/database:Database"
    label = "database"
    kind, plural = "DATABASE", "DATABASES"
    replaces = frozenset({"name", "isTransient"})
    computed = frozenset({"fullyQualifiedName"})
    defaults: ClassVar[Mapping[str, Any]] = {"dropPublicSchemaOnCreation": False}
    settings: ClassVar[Mapping[str, Setting]] = {
        "dataRetentionTimeInDays": ("DATA_RETENTION_TIME_IN_DAYS", number),
        "comment": ("COMMENT", literal),
    }

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE [TRANSIENT] DATABASE."""
        transient = "TRANSIENT " if inputs.get("isTransient") else ""
        return f"CREATE {transient}DATABASE {name} {self.clauses(inputs)}"

    def create(self, inputs: Properties) -> str:
        """Create it, and drop the schema PUBLIC where that is asked for."""
        name = super().create(inputs)
        if inputs.get("dropPublicSchemaOnCreation"):
            self.execute(f'DROP SCHEMA IF EXISTS "{name}"."PUBLIC"', "create")
        return name

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """Comment and kind; the retention time only where the program sets it."""
        days = {"dataRetentionTimeInDays": int(row["retention_time"])} if "dataRetentionTimeInDays" in state else {}
        transient = "TRANSIENT" in str(row.get("options") or "")
        return {"comment": row.get("comment") or None, "isTransient": transient, **days}


class Schema(NamedObject):
    """A schema."""

    resource_type = "snowflake:index/schema:Schema"
    label = "schema"
    kind, plural, within = "SCHEMA", "SCHEMAS", ("database",)
    replaces = frozenset({"name", "database", "isTransient"})
    computed = frozenset({"fullyQualifiedName", "showOutputs"})
    defaults: ClassVar[Mapping[str, Any]] = {"isTransient": "default", "withManagedAccess": "default"}
    settings: ClassVar[Mapping[str, Setting]] = {
        "dataRetentionTimeInDays": ("DATA_RETENTION_TIME_IN_DAYS", number),
        "comment": ("COMMENT", literal),
    }

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE [TRANSIENT] SCHEMA … [WITH MANAGED ACCESS]."""
        transient = "TRANSIENT " if boolean(inputs.get("isTransient")) == "true" else ""
        managed = "WITH MANAGED ACCESS " if boolean(inputs.get("withManagedAccess")) == "true" else ""
        return f"CREATE {transient}SCHEMA {name} {managed}{self.clauses(inputs)}"

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """Comment, kind and access."""
        options = str(row.get("options") or "")
        live: Properties = {"comment": row.get("comment") or None, "showOutputs": [output_row(row)]}
        for key, word in (("isTransient", "TRANSIENT"), ("withManagedAccess", "MANAGED ACCESS")):
            known = state.get(key, "default")
            live[key] = known if known == "default" else boolean(word in options)
        if "dataRetentionTimeInDays" in state:
            live["dataRetentionTimeInDays"] = int(row["retention_time"])
        return live
