"""The data source of every panel: the plugin michelin-snowflake-datasource 2.x, and a query as it takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from grafana_foundation_sdk.cog import runtime, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

TYPE = "michelin-snowflake-datasource"
UID = "P1DBD59F661D68B90"
"""What Grafana derives from the name "Snowflake", as the dashboards of antrea-io/theia expect it."""

QueryType = Literal["table", "time series"]
TABLE: QueryType = "table"
TIME_SERIES: QueryType = "time series"


def reference() -> DataSourceRef:
    """Return the reference to the data source that each panel, query and variable carries."""
    return DataSourceRef(TYPE, UID)


@dataclass(frozen=True)
class Query(variants.Dataquery):
    """One query of a panel.

    Attributes:
        sql: what runs in Snowflake, once Grafana has put in its variables and the plugin its macros.
        kind: "time series" makes one line of each text beside a column `time`, which must ascend and never be NULL.
        ref_id: the name of the query within its panel, and of the frame that it gives.
    """

    sql: str
    kind: QueryType = TABLE
    ref_id: str = "A"

    def to_json(self) -> dict[str, object]:
        """Return the query in the plugin's own form. Without a fill mode, as those break several lines."""
        return {
            "refId": self.ref_id,
            "datasource": reference(),
            "queryText": self.sql,
            "queryType": self.kind,
            "timeColumns": ["time"],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(sql=data["queryText"], kind=data["queryType"], ref_id=data["refId"])


def register() -> None:
    """Make the SDK read queries of this data source as `Query`, when it reads a dashboard."""
    runtime.register_dataquery_variant(runtime.DataqueryConfig(TYPE, Query.from_json))
