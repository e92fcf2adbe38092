"""The report's page in a browser: time to open and time of a frame with 5,000 edges, against an empty page."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.e2e.report.conftest import FLAGS, MANY
from tests.e2e.report.test_opening import BLANK, MOVE, READY
from tests.unit.report.sample import sample_page

ROUNDS = 7
EMPTY = """<!DOCTYPE html><html lang="en" data-ready="true"><title>empty</title><p>Nothing.</p>
<script>
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("ready"))))
</script></html>"""
CHARTS = """async () => {
  const started = performance.now();
  const figure = document.querySelector('figure.chart');
  figure.scrollIntoView({ behavior: 'instant' });
  while (!figure.querySelector('.main-svg')) await new Promise(requestAnimationFrame);
  return performance.now() - started;
}"""


def opened(browser: Browser, path: Path) -> Page:
    """Open a page in a window of its own, and wait until what is in view is drawn."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    page.goto(path.as_uri())
    page.wait_for_function("() => performance.getEntriesByName('ready').length")
    return page


def milliseconds(browser: Browser, path: Path, script: str) -> float:
    """Return what a script finds out about a page that was just opened."""
    page = opened(browser, path)
    found: float = page.evaluate(script)
    page.context.close()
    return found


def main() -> None:
    """Print the medians, and the ratios of measurements taken in turn."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("bench_report_page: chromium is missing; make browser installs it")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty, small, large = (Path(folder) / f"{name}.html" for name in ("empty", "small", "large"))
        empty.write_text(EMPTY, encoding="utf-8")
        small.write_text(sample_page(edges=100), encoding="utf-8")
        large.write_text(sample_page(edges=MANY), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        times = {path: [milliseconds(browser, path, READY) for _ in range(ROUNDS)] for path in (empty, small, large)}
        first, of_few, of_many = (statistics.median(times[path]) for path in (empty, small, large))
        charts = statistics.median(milliseconds(browser, large, CHARTS) for _ in range(3))
        page = opened(browser, large)
        page.locator("#graph").scroll_into_view_if_needed()
        page.get_by_role("button", name="Expand all").click()
        page.wait_for_timeout(1000)
        rest, pan, zoom = (
            statistics.median(page.evaluate(*script) for _ in range(ROUNDS))
            for script in ((BLANK,), (MOVE, "pan"), (MOVE, "zoom"))
        )
        browser.close()
        sizes = [path.stat().st_size / 1e6 for path in (small, large)]
        print(f"size, 100 / {MANY} edges       {sizes[0]:.1f} / {sizes[1]:.1f} MB")
        print(f"opens, empty page            {first:.0f} ms")
        print(f"opens, 100 edges             {of_few:.0f} ms, {of_few / first:.1f} times the empty page")
        print(
            f"opens, {MANY} edges            {of_many:.0f} ms, {of_many / of_few:.2f} times 100 edges (at most 2000 ms)"
        )
        print(f"first chart after scrolling  {charts:.0f} ms, Plotly's start in it")
        print(f"frame, {MANY} edges at rest    {rest:.1f} ms")
        print(f"frame, {MANY} edges panned     {pan:.1f} ms, {pan / rest:.2f} times (at most 33 ms)")
        print(f"frame, {MANY} edges zoomed     {zoom:.1f} ms, {zoom / rest:.2f} times (at most 33 ms)")


if __name__ == "__main__":
    main()
