"""`theia-sf policy-recommendation`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from theia_sf.cli import analysis, options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.policies.model import PolicyType
from theia_sf.policies.options import DEFAULT_LABEL_IGNORE, DEFAULT_NS_ALLOW, PolicyOptions

if TYPE_CHECKING:
    from theia_sf.policies.model import Recommendation

_QUERY_TAG: Final = "theia-sf policy-recommendation"
_LARGEST_OBJECT: Final = 1_500_000  # bytes; etcd takes requests of up to 1.5 MiB (its --max-request-bytes)
_COLUMNS: Final = {
    "kind": "Kind",
    "namespace": "Namespace",
    "name": "Name",
    "applied_to": "Applied to",
    "ingress_rules": "Ingress rules",
    "egress_rules": "Egress rules",
}


@with_sign_in
def policy_recommendation(  # noqa: PLR0917 (the options of the command)
    _job_type: analysis.Type = analysis.JobType.INITIAL,
    limit: Annotated[
        int,
        typer.Option("--limit", min=0, help="Read this many distinct edges only, those with the most flows; 0: all."),
    ] = 0,
    policy_type: Annotated[
        PolicyType,
        typer.Option(
            "--policy-type",
            help="anp-deny-applied: Antrea policies, with a reject policy for each workload seen. anp-deny-all: with "
            "one reject policy for the whole cluster. k8s-np: Kubernetes NetworkPolicies.",
        ),
    ] = PolicyType.ANP_DENY_APPLIED,
    start: analysis.Start = None,
    end: analysis.End = None,
    start_ts: analysis.StartTs = None,
    end_ts: analysis.EndTs = None,
    ns_allow: analysis.NsAllow = DEFAULT_NS_ALLOW,
    label_ignore: analysis.LabelIgnore = DEFAULT_LABEL_IGNORE,
    cluster_uuid: analysis.ClusterUuid = None,
    database_name: options.DatabaseName = None,
    warehouse_name: options.WarehouseName = None,
    udf_version: Annotated[str | None, options.hidden_flag("--udf-version")] = None,
    wait_timeout: Annotated[
        str, typer.Option("--wait-timeout", help="Give up after this time, and cancel the query: 10m, 1h30m, 100s.")
    ] = "10m",
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.YAML,
) -> None:
    """Recommend network policies that let exactly the observed traffic through.

    The policies go to stdout, ready for kubectl apply; what was read, what was left out and what to look at before
    applying them goes to stderr. The same flows give the same bytes, and each policy keeps its name from run to run.

    \b
    theia-sf policy-recommendation > policies.yml
    theia-sf policy-recommendation --policy-type k8s-np --start now-7d --cluster-uuid UUID > policies.yml
    """
    from theia_sf.flows.ranges import flow_range
    from theia_sf.flows.time_window import parse_timeout
    from theia_sf.policies.garbage import collector_paused
    from theia_sf.policies.report import recommend_for

    analysis.note_udf_version(udf_version)
    wanted = PolicyOptions.parse(policy_type, ns_allow=ns_allow, label_ignore=label_ignore, limit=limit)
    chosen = flow_range(start=start, end=end, start_ts=start_ts, end_ts=end_ts, cluster_uuid=cluster_uuid)
    timeout = parse_timeout(wait_timeout, "--wait-timeout")
    with collector_paused():
        with analysis.open_flows(
            sign_in=sign_in,
            database=database_name,
            warehouse=warehouse_name,
            timeout_seconds=timeout,
            query_tag=_QUERY_TAG,
        ) as source:
            found = recommend_for(source, chosen, wanted)
        _print(found, chosen.cluster, output)


def _print(found: Recommendation, cluster: str | None, output: OutputFormat) -> None:
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.policies.render.documents import documents, overview, to_yaml
    from theia_sf.policies.summary import summary_lines, warnings

    for line in summary_lines(found):
        console.note(line)
    for line in warnings(found, cluster=cluster):
        console.warn(line)
    if not found.policies:
        console.note("Nothing to recommend: no flow can be turned into a rule.")
        if output is OutputFormat.JSON:
            render([], output)
        return
    if output is not OutputFormat.YAML:
        objects = documents(found, cluster)
        if output is OutputFormat.JSON:
            render(list(objects), output)
        else:
            render([overview(one) for one in objects], output, columns=_COLUMNS)
        return
    oversized = 0
    for text in to_yaml(documents(found, cluster)):
        oversized += len(text) > _LARGEST_OBJECT
        sys.stdout.write(text)
    sys.stdout.flush()
    if oversized:
        console.warn(f"{oversized} of the policies may be too large for the Kubernetes API server (1.5 MiB).")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("policy-recommendation")(policy_recommendation)
