"""A panel of each kind that the dashboards use, with the options that all of its kind share.

Each takes its title, what it shows in a sentence or two, and its SQL (`sql.statement`). All are Grafana's own panels
but for the sankey diagram. Width and height are in units of Grafana's grid of 24 columns; `layout` finds the place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.models import (
    bargauge,
    common,
    dashboardlist,
    nodegraph,
    piechart,
    timeseries,
)
from grafana_foundation_sdk.models import stat as stats
from grafana_foundation_sdk.models import table as tables
from grafana_foundation_sdk.models import text as texts
from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DashboardLink,
    DynamicConfigValue,
    FieldColor,
    FieldColorModeId,
    FieldConfig,
    FieldConfigSource,
    GridPos,
    MatcherConfig,
    Panel,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
)

from theia_sf_dashboards import links as ways
from theia_sf_dashboards import units
from theia_sf_dashboards.datasource import TABLE, TIME_SERIES, Query, reference
from theia_sf_dashboards.limits import LIMITS, MOST_POINTS

SANKEY_PLUGIN = "netsage-sankey-panel"
_READABLE = "#8e8e8e"
"""On a light and on a dark ground; the plugin's own default is black."""
_GRAFANA = "11.6.0"
"""Whose options these are: a panel without a version is taken for one of years ago, and converted."""
_EXPORT_INTERVAL = "1m"
"""A connection that goes on is reported once a minute (Antrea's default), so shorter buckets would be mostly empty."""


def stat(
    title: str,
    description: str,
    sql: str,
    *,
    unit: str = units.COUNT,
    thresholds: Mapping[float, str] | None = None,
    links: Sequence[DashboardLink] = (),
    width: int = 4,
    height: int = 4,
) -> Panel:
    """Show one number: the only row of one column.

    Args:
        title: of the panel.
        description: what the number counts.
        sql: gives the number.
        unit: of the number.
        thresholds: colours by the value from which they hold; without any, the number is plain.
        links: of the number.
        width: in columns.
        height: in rows of the grid.
    """
    defaults = FieldConfig(unit=unit, thresholds=_thresholds(thresholds or {}), links=list(links) or None)
    panel = _panel("stat", (title, description), [Query(sql)], defaults, (width, height))
    panel.options = stats.Options(
        color_mode=common.BigValueColorMode.VALUE if thresholds else common.BigValueColorMode.NONE,
        graph_mode=common.BigValueGraphMode.NONE,
        justify_mode=common.BigValueJustifyMode.AUTO,
        text_mode=common.BigValueTextMode.VALUE,
        reduce_options=common.ReduceDataOptions(calcs=["lastNotNull"], fields="/.*/", values=False),
    )
    return panel


def time_series(
    title: str,
    description: str,
    sql: str,
    *,
    unit: str,
    bars: bool = False,
    width: int = 12,
    height: int = 10,
) -> Panel:
    """Show lines over time: columns `time`, a text that names the line (or none for a single one), and the value.

    A value column called `Value` leaves the text alone as the name of the line.

    Args:
        title: of the panel.
        description: what the lines show.
        sql: gives the points in the order of time, those of a line at most once for each moment.
        unit: of the values.
        bars: stacked bars instead of lines, for what is counted.
        width: in columns.
        height: in rows of the grid.
    """
    custom = timeseries.FieldConfig(
        draw_style=common.GraphDrawStyle.BARS if bars else common.GraphDrawStyle.LINE,
        fill_opacity=80 if bars else 10,
        line_width=1,
        show_points=common.VisibilityMode.AUTO,
        span_nulls=False,
        stacking=common.StackingConfig(mode=common.StackingMode.NORMAL if bars else common.StackingMode.NONE),
    )
    defaults = FieldConfig(unit=unit, min_val=0, color=FieldColor(FieldColorModeId.PALETTE_CLASSIC), custom=custom)
    panel = _panel("timeseries", (title, description), [Query(sql, TIME_SERIES)], defaults, (width, height))
    panel.interval = _EXPORT_INTERVAL
    panel.max_data_points = MOST_POINTS
    panel.options = timeseries.Options(
        legend=common.VizLegendOptions(
            display_mode=common.LegendDisplayMode.TABLE,
            placement=common.LegendPlacement.BOTTOM,
            show_legend=True,
            calcs=["mean", "max"],
        ),
        tooltip=common.VizTooltipOptions(mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING),
    )
    return panel


def table(
    title: str,
    description: str,
    sql: str,
    *,
    column_units: Mapping[str, str] | None = None,
    column_links: Mapping[str, Sequence[DashboardLink]] | None = None,
    width: int = 24,
    height: int = 12,
) -> Panel:
    """Show rows, with a filter in the head of each column.

    Args:
        title: of the panel.
        description: what a row is.
        sql: gives the rows.
        column_units: units by the name of the column.
        column_links: links by the name of the column.
        width: in columns.
        height: in rows of the grid.
    """
    cell = common.TableFieldOptions(filterable=True, align=common.FieldTextAlignment.AUTO)
    panel = _panel("table", (title, description), [Query(sql)], FieldConfig(custom=cell), (width, height))
    units_of, links_of = column_units or {}, column_links or {}
    names = list(dict.fromkeys([*units_of, *links_of]))
    panel.field_config = FieldConfigSource(
        defaults=FieldConfig(custom=cell),
        overrides=[_override(name, units_of.get(name), links_of.get(name)) for name in names],
    )
    panel.options = tables.Options(show_header=True, cell_height=common.TableCellHeight.SM)
    return panel


def pie(title: str, description: str, sql: str, *, unit: str, width: int = 12, height: int = 10) -> Panel:
    """Show shares: a text and a number in each row."""
    color = FieldColor(FieldColorModeId.PALETTE_CLASSIC)
    defaults = FieldConfig(unit=unit, color=color, custom=piechart.FieldConfig())
    panel = _panel("piechart", (title, description), [Query(sql)], defaults, (width, height))
    panel.options = piechart.Options(
        pie_type=piechart.PieChartType.DONUT,
        reduce_options=_every_row(LIMITS["slice_limit"]),
        legend=piechart.PieChartLegendOptions(
            display_mode=common.LegendDisplayMode.TABLE,
            placement=common.LegendPlacement.RIGHT,
            show_legend=True,
            values=[piechart.PieChartLegendValues.VALUE, piechart.PieChartLegendValues.PERCENT],
        ),
        tooltip=common.VizTooltipOptions(mode=common.TooltipDisplayMode.SINGLE, sort=common.SortOrder.NONE),
    )
    return panel


def bar_gauge(
    title: str,
    description: str,
    sql: str,
    *,
    unit: str,
    links: Sequence[DashboardLink] = (),
    width: int = 12,
    height: int = 10,
) -> Panel:
    """Show a bar for each row: a text and a number."""
    color = FieldColor(FieldColorModeId.CONTINUOUS_BLUES)
    defaults = FieldConfig(unit=unit, min_val=0, color=color, links=list(links) or None)
    panel = _panel("bargauge", (title, description), [Query(sql)], defaults, (width, height))
    panel.options = bargauge.Options(
        display_mode=common.BarGaugeDisplayMode.GRADIENT,
        orientation=common.VizOrientation.HORIZONTAL,
        reduce_options=_every_row(LIMITS["bar_limit"]),
    )
    return panel


def node_graph(
    title: str, description: str, *, nodes: str, edges: str, unit: str = units.BYTES, width: int = 24, height: int = 18
) -> Panel:
    """Show who is connected with whom.

    Args:
        title: of the panel.
        description: what nodes, edges and the arcs around nodes are.
        nodes: SQL for `id`, `title`, `subtitle`, `mainstat`, `secondarystat`, `arc__sent` and `arc__received`.
        edges: SQL for `id`, `source`, `target`, `mainstat`, `secondarystat` and `thickness`.
        unit: of `mainstat`; `secondarystat` counts flow records.
        width: in columns.
        height: in rows of the grid.
    """
    queries = [Query(nodes, TABLE, "nodes"), Query(edges, TABLE, "edges")]
    panel = _panel("nodeGraph", (title, description), queries, FieldConfig(unit=unit), (width, height))
    panel.options = nodegraph.Options(
        nodes=nodegraph.NodeOptions(
            main_stat_unit=unit,
            secondary_stat_unit=units.COUNT,
            arcs=[nodegraph.ArcOption("arc__sent", "blue"), nodegraph.ArcOption("arc__received", "green")],
        ),
        edges=nodegraph.EdgeOptions(main_stat_unit=unit, secondary_stat_unit=units.COUNT),
        zoom_mode=nodegraph.ZoomMode.COOPERATIVE,  # scrolling goes past it
    )
    return panel


def sankey(title: str, description: str, sql: str, *, unit: str, width: int = 12, height: int = 16) -> Panel:
    """Show streams: a text for each column of the diagram, and the number that makes the width last.

    The panel is a plugin's, and optional: what it shows stands in a panel of Grafana's own as well.
    """
    optional = f"{description} Needs the optional plugin {SANKEY_PLUGIN}; the graph and the table show the same."
    panel = _panel(SANKEY_PLUGIN, (title, optional), [Query(sql)], FieldConfig(unit=unit), (width, height))
    panel.options = {"textColor": _READABLE}
    return panel


def text(title: str, description: str, content: str, *, width: int = 12, height: int = 8) -> Panel:
    """Show Markdown."""
    panel = _panel("text", (title, description), [], FieldConfig(), (width, height))
    panel.options = texts.Options(mode=texts.TextMode.MARKDOWN, content=content)
    return panel


def dashboard_list(title: str, description: str, *, width: int = 12, height: int = 12) -> Panel:
    """Show links to all dashboards of theia-sf."""
    panel = _panel("dashlist", (title, description), [], FieldConfig(), (width, height))
    panel.options = dashboardlist.Options(
        keep_time=True,
        include_vars=True,
        show_starred=False,
        show_search=True,
        show_headings=False,
        show_folder_names=False,
        max_items=30,
        tags=[ways.TAG],
    )
    return panel


def _panel(
    kind: str, head: tuple[str, str], queries: Sequence[Query], defaults: FieldConfig, size: tuple[int, int]
) -> Panel:
    return Panel(
        type_val=kind,
        plugin_version=None if kind == SANKEY_PLUGIN else _GRAFANA,
        title=head[0],
        description=head[1],
        targets=list(queries) if queries else None,
        datasource=reference() if queries else None,
        grid_pos=GridPos(w=size[0], h=size[1]),
        field_config=FieldConfigSource(defaults=defaults, overrides=[]),
    )


def _thresholds(colors: Mapping[float, str]) -> ThresholdsConfig:
    steps = [Threshold(value=None, color="text"), *(Threshold(value=value, color=colors[value]) for value in colors)]
    return ThresholdsConfig(mode=ThresholdsMode.ABSOLUTE, steps=steps)


def _override(
    column: str, unit: str | None, links: Sequence[DashboardLink] | None
) -> DashboardFieldConfigSourceOverrides:
    properties: list[DynamicConfigValue] = []
    if unit:
        properties.append(DynamicConfigValue("unit", unit))
    if links:
        properties.append(DynamicConfigValue("links", list(links)))
    return DashboardFieldConfigSourceOverrides(MatcherConfig("byName", column), properties)


def _every_row(limit: int) -> common.ReduceDataOptions:
    return common.ReduceDataOptions(calcs=["lastNotNull"], fields="", limit=limit, values=True)
