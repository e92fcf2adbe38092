"""The selectors at the top of a dashboard. Their values come from the flows of the time range.

"All" is the text `'__all'`, quotes included, as Grafana puts a custom value for all into a query as it is: a filter
compares with that text first, so that a selection of thousands of values never becomes part of a query.

The plugin passes no time range on when a variable is asked for its values, so that its macros would mean the year 1970.
Grafana's own `$__from` and `$__to` do work there.
"""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import (
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
    VariableType,
)

from theia_sf_dashboards.datasource import reference
from theia_sf_dashboards.sql import statement

ALL = "'__all'"


def cluster() -> VariableModel:
    """Select clusters, by the name that their records carry."""
    return _variable("cluster", "Cluster", "The clusters whose flow records are shown")


def namespace() -> VariableModel:
    """Select Namespaces at either end."""
    return _variable("namespace", "Namespace", "Flows that have an end in one of these Namespaces")


def pod() -> VariableModel:
    """Select Pods at either end."""
    return _variable("pod", "Pod", "Flows that have one of these Pods of the selected Namespaces at an end")


def policy() -> VariableModel:
    """Select the NetworkPolicies that decided."""
    return _variable("policy", "NetworkPolicy", "Flows that one of these NetworkPolicies decided on")


def direction() -> VariableModel:
    """Select whether a policy decided where the flow came in or where it went out."""
    return _variable("direction", "Direction", "Flows that a policy decided on at this end")


def flow_variables() -> tuple[VariableModel, ...]:
    """Return the variables of a dashboard about flows."""
    return (cluster(), namespace(), pod())


def policy_variables() -> tuple[VariableModel, ...]:
    """Return the variables of a dashboard about flows and what policies decided."""
    return (*flow_variables(), policy(), direction())


def _variable(name: str, label: str, description: str) -> VariableModel:
    return VariableModel(
        type_val=VariableType.QUERY,
        name=name,
        label=label,
        description=description,
        datasource=reference(),
        query=statement(f"variables/{name}.sql"),
        current=VariableOption(selected=True, text=["All"], value=["$__all"]),
        multi=True,
        include_all=True,
        all_value=ALL,
        allow_custom_value=False,
        refresh=VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=VariableSort.DISABLED,
        options=[],
    )
