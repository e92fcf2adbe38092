"""Makes the page of what was read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from theia_sf.report import shown
from theia_sf.report.assets import content_security_policy, scripts, styles
from theia_sf.report.payloads import embedded_json
from theia_sf.report.section import Report
from theia_sf.report.sections import SECTIONS

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def page(report: Report) -> str:
    """Return the whole page, the same for the same report."""
    from markupsafe import Markup  # noqa: PLC0415 (of the extra)

    run = scripts()
    caveats = [caveat for section in SECTIONS for caveat in section.caveats(report.parts[section.id])]
    rendered = [
        (
            section,
            Markup(  # noqa: S704 (the template has escaped what it was given)
                environment()
                .get_template(f"{section.id}.html.j2")
                .render(section.view(report.parts[section.id], report), about=report.about, caveats=caveats)
            ),
        )
        for section in SECTIONS
    ]
    # The two kinds of text that come from files of the program, not from flow records.
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            about=report.about,
            sections=rendered,
            policy=content_security_policy(run),
            scripts=[Markup(text) for text in run],  # noqa: S704 (as above)
            styles=Markup(styles()),  # noqa: S704 (as above)
        )
    )


@cache
def environment() -> Environment:
    """Return the templates: what they are given is escaped, and a name that they are not given is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 (of the extra)

    made = Environment(
        loader=PackageLoader("theia_sf.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "size": shown.size,
        "count": shown.count,
        "counted": shown.counted,
        "moment": shown.moment,
        "share": shown.share,
        "iso": shown.iso,
        "safe_text": shown.safe,
        "json": _json,
    }
    made.filters |= filters
    return made


def _json(value: Any) -> Markup:
    from markupsafe import Markup  # noqa: PLC0415 (of the extra)

    return Markup(embedded_json(value))  # noqa: S704 (it has no character that means anything to HTML)
