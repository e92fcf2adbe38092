"""The page's style sheets and scripts, and the policy that lets exactly these run."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, Final, cast

from theia_sf.errors import UsageError

# In the order in which they run: each uses what those before it define. The first stands in <head>. Plotly, thirty
# times as large as the others together, comes last, so that tables and graph do not wait for it.
_SCRIPTS: Final = (
    "theme.js",
    "format.js",
    "report.js",
    "tables.js",
    "graph-model.js",
    "graph-layout.js",
    "graph-scene.js",
    "graph-paint.js",
    "graph-canvas.js",
    "graph-controls.js",
    "graph-tree.js",
    "graph-panel.js",
    "graph.js",
    "charts.js",
)
_STYLES: Final = ("report.css", "graph.css", "print.css")
_PACKAGES: Final = ("jinja2", "plotly")
# What would end a script element, or begin a comment in it (HTML's "restrictions for contents of script elements").
_HTML_IN_SCRIPT: Final = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)


def check_installed() -> None:
    """Look for the packages of the extra `report`.

    Raises:
        UsageError: they are not installed.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        message = f"The report needs packages that are not installed: {', '.join(missing)}."
        raise UsageError(message, hint="Install the extra: pip install 'theia-sf[report]'")


def scripts() -> list[str]:
    """Return the scripts of the page, Plotly's last."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  # pyright: ignore[reportUnknownVariableType]

    plotly = cast("str", cast("Any", get_plotlyjs)())
    return [embedded_script(text) for text in (*(_static(name) for name in _SCRIPTS), plotly)]


def styles() -> str:
    """Return the style sheet of the page."""
    return "\n".join(_static(name) for name in _STYLES)


def embedded_script(text: str) -> str:
    """Return a script so that it can stand in a page, with the same meaning, and hashes as a browser hashes it.

    In JavaScript `<` before `!--`, `script` or `/script` stands in a string, a regular expression or a comment: there
    `\\x3c` is the same.
    """
    return _HTML_IN_SCRIPT.sub(r"\\x3c", text.replace("\r\n", "\n").replace("\r", "\n"))


def content_security_policy(page_scripts: list[str]) -> str:
    """Return the policy of the page: it loads nothing, sends nothing, and runs these scripts alone.

    Plotly makes style elements and saves pictures by way of data and blob URLs.
    """
    hashes = " ".join(f"'sha256-{_sha256(text)}'" for text in page_scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _static(name: str) -> str:
    return files("theia_sf.report").joinpath("static", name).read_text(encoding="utf-8")
