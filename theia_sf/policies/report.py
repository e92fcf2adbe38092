"""From flows to recommended policies, in one step: what the command and the scheduled job both run."""

from __future__ import annotations

from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.source import FlowSource
from theia_sf.policies.edges import read_edges
from theia_sf.policies.model import Recommendation
from theia_sf.policies.options import PolicyOptions
from theia_sf.policies.recommend import recommend


def recommend_for(
    source: FlowSource, chosen: FlowRange, options: PolicyOptions, *, explain: bool = False
) -> Recommendation:
    """Read the edges of the chosen flows, and recommend policies for them.

    Args:
        source: where the flow records are.
        chosen: which of them.
        options: how to recommend.
        explain: keep count of the flow records behind each rule.

    Raises:
        TheiaError: the statement failed or took too long.
    """
    return recommend(
        read_edges(source, chosen.window, cluster=chosen.cluster, limit=options.limit),
        options.policy_type,
        allowed_namespaces=options.allowed_namespaces,
        ignored_labels=options.ignored_labels,
        limit=options.limit,
        explain=explain,
    )
