"""Pages of the report, opened from a file in a real Chromium."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.unit.report.sample import sample_page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MANY = 5_000  # edges: as many as a page has at most
PLOTLY = 20_000  # ms that the first chart may take where other tests run too: Plotly is a second of work

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. One per module: Playwright holds an event loop, which other tests of the process must not meet."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: make browser"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def write_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, bool, bool], Path]:
    """Write the page of a sample with so many edges, once; without Plotly it is a tenth of the work to open."""
    folder = tmp_path_factory.mktemp("pages")

    @functools.cache
    def write(edges: int, hostile: bool, charts: bool) -> Path:
        path = folder / f"{edges}-{hostile}-{charts}.html"
        page = sample_page(edges=edges, hostile=hostile)
        if not charts:
            page, found = re.subn(r'<script type="text/plain" id="plotly">.*?</script>', "", page, flags=re.DOTALL)
            assert found == 1
        path.write_text(page, encoding="utf-8")
        return path

    return write


class Watched:
    """What a page must not do: speak to anyone, show a dialog, run into an error."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.faults: list[str] = []
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("dialog", self._dialog)
        context.route(lambda url: not url.startswith("file:"), lambda route: route.abort())

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def check(self, own: str) -> None:
        """Assert that nothing of it happened, and that nothing but the file itself was asked for."""
        assert self.faults == []
        assert {url.partition("#")[0] for url in self.requests} == {own}


@dataclass
class Shelf:
    """The pages of a module. A page that was opened before is loaded anew: a third of the work of a new window."""

    browser: Browser
    pages: dict[tuple[Path, int], tuple[Page, Watched]] = field(default_factory=dict)

    def window(self, width: int, **options: Any) -> tuple[Page, Watched]:
        context = self.browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)
        watched = Watched(context)
        return context.new_page(), watched

    def plain(self, path: Path, width: int) -> tuple[Page, Watched]:
        if (path, width) not in self.pages:
            self.pages[path, width] = self.window(width)
        page, watched = self.pages[path, width]
        watched.requests.clear()
        watched.faults.clear()  # those of a test before were its own
        page.goto(path.as_uri())
        return page, watched


@pytest.fixture(scope="module")
def shelf(browser: Browser) -> Shelf:
    return Shelf(browser)


@pytest.fixture
def open_page(shelf: Shelf, write_page: Callable[[int, bool, bool], Path]) -> Iterator[Open]:
    """Open the page of a sample. At the end it must have asked for nothing but itself, and met no error."""
    with contextlib.ExitStack() as stack:

        def open_it(
            edges: int = 60,
            hostile: bool = False,
            *,
            charts: bool = True,
            width: int = 1440,
            before: str = "",
            watch: bool = True,
            **options: Any,
        ) -> Page:
            path = write_page(edges, hostile, charts)
            if before or options or not watch:
                page, watched = shelf.window(width, **options)
                stack.callback(page.context.close)
                if before:
                    page.add_init_script(before)
                page.goto(path.as_uri())
            else:
                page, watched = shelf.plain(path, width)
            if options.get("java_script_enabled", True):
                page.locator("html[data-ready=true]").wait_for()
            if watch:
                stack.callback(watched.check, path.as_uri())
            return page

        yield open_it


def edges_of(page: Page) -> list[dict[str, Any]]:
    """Read the edges of the graph from the page's data, for sums of one's own."""
    data = json.loads(page.locator("#data-graph").text_content() or "")
    names = ["from", "to", "port", "service", "flows", "octets", "reverse", "denied", "first", "last"]
    found = [dict(zip(names, edge, strict=True)) for edge in data["edges"]]
    for edge in found:
        for end in ("from", "to"):
            cluster, namespace, name, labels, kind = data["workloads"][edge[end]]
            edge[f"{end}_group"] = (cluster, data["namespaces"][namespace] if namespace >= 0 else None)
            edge[f"{end}_end"] = {"name": name, "labels": labels, "kind": kind}
    return found


def label_of(page: Page, group: tuple[int, str | None]) -> str:
    """Return how the graph writes the name of a group."""
    clusters = json.loads(page.locator("#data-graph").text_content() or "")["clusters"]
    name = group[1] or "External peers"
    return f"{name} ({clusters[group[0]][:8]})" if len(clusters) > 1 else name


class Explorer:
    """The parts of the graph as a reader knows them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.picture = page.get_by_role("application")
        self.tree = page.get_by_role("tree", name="Nodes of the graph")
        self.panel = page.get_by_role("region", name="Details")
        self.search = page.get_by_role("searchbox", name="Search", exact=True)
        self.status = page.locator(".graph-status")
        self.edges = edges_of(page)

    @property
    def items(self) -> Locator:
        return self.tree.get_by_role("treeitem")

    @property
    def chosen(self) -> Locator:
        return self.tree.get_by_role("treeitem", selected=True)

    @property
    def title(self) -> Locator:
        return self.panel.get_by_role("heading", level=3)

    def at(self, label: str) -> tuple[float, float]:
        """Where a node is on the screen."""
        self.picture.scroll_into_view_if_needed()
        x, y = self.page.evaluate(
            """label => { const { model, where } = theia.graph.explorer;
              return where([...model.byId.values()].find(node => node.label === label)) }""",
            label,
        )
        box = self.picture.bounding_box()
        assert box
        return box["x"] + x, box["y"] + y

    def shown(self) -> tuple[int, int]:
        """Count nodes and connections, as the status says."""
        words = self.status.inner_text().replace(",", "").split()
        return int(words[0]), int(words[3])

    def group_links(self, edges: list[dict[str, Any]] | None = None) -> set[tuple[Any, Any]]:
        return {(edge["from_group"], edge["to_group"]) for edge in (self.edges if edges is None else edges)}

    def groups(self) -> dict[Any, int]:
        sums: dict[Any, int] = defaultdict(int)
        for edge in self.edges:
            for group in {edge["from_group"], edge["to_group"]}:
                sums[group] += edge["octets"] + edge["reverse"]
        return dict(sorted(sums.items(), key=lambda item: -item[1]))
