"""What the report does not cover: flows that no recommended policy is about, and what each section leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theia_sf.policies.model import AllowWorkload
from theia_sf.policies.summary import REASONS
from theia_sf.report.payloads import Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.sections.policies import POLICIES
from theia_sf.report.shown import share


def _read(_: Reading) -> None:
    """Ask for nothing: all of it has been read."""


def _view(_: None, report: Report) -> Mapping[str, Any]:
    found = report.part(POLICIES).recommendation
    left_out = sorted(found.left_out.items(), key=lambda item: (-item[1], item[0]))
    total = sum(flows for _, flows in left_out)
    bare = [
        policy.workload.namespace
        for policy in found.policies
        if isinstance(policy, AllowWorkload) and not policy.workload.labels
    ]
    table = Table(
        "Flow records that no recommended policy is about, by reason",
        (Column("Reason"), Column("Flow records", "number"), Column("Share of all", "share")),
        [(REASONS[reason], flows, flows / found.flows) for reason, flows in left_out],
    )
    return {
        "table_data": table,
        "left_out": total,
        "flows": found.flows,
        "share": share(total / max(1, found.flows)),
        "bare": bare,
    }


UNCOVERED = Section("uncovered", "Not covered", "", _read, _view)
