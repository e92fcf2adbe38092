"""Execute: any statement, with another one that undoes it."""

from __future__ import annotations

import uuid
from typing import Any

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource
from theia_sf.sandbox.providers.snowflake.session import SnowflakeSession

_RESOURCE = "snowflake_execute"


class Execute(Resource[SnowflakeSession]):
    """Runs `execute` once and `revert` at the end; `query` is read again at each refresh."""

    resource_type = "snowflake:index/execute:Execute"
    label = "execute"
    computed = frozenset({"queryResults"})

    def replaced_by(self, key: str, old: Any, new: Any) -> bool:
        """Another statement is another resource, unless the state knows none (an import)."""
        del new
        return key == "execute" and bool(old)

    def create(self, inputs: Properties) -> str:
        """Run `execute`; the id is made up."""
        self.session.execute(inputs["execute"], "create", _RESOURCE)
        return str(uuid.uuid4())

    def read(self, object_id: str, state: Properties) -> Properties:
        """Run `query`, where there is one; whether the statement's effect still stands cannot be asked."""
        del object_id
        query = state.get("query")
        if not query:
            return {**state, "queryResults": None}
        rows = self.session.find(query, _RESOURCE)
        return {**state, "queryResults": [{key: str(value) for key, value in row.items()} for row in rows]}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Only `query` and `revert` can change, and neither runs now."""

    def delete(self, object_id: str, state: Properties) -> None:
        """Run `revert`; an empty one is refused by Snowflake, as with the published provider."""
        del object_id
        self.session.execute(state["revert"], "delete", _RESOURCE)
