"""axe-core finds no serious fault, in either theme, with everything open."""

from __future__ import annotations

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.report.conftest import PLOTLY, Open


def serious(page: Page) -> list[str]:
    """Return the rules that are broken, and where."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious(open_page: Open, theme: str) -> None:
    page = open_page(16, color_scheme=theme)
    page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
    page.locator("#talkers figure.chart").first.scroll_into_view_if_needed()
    expect(page.locator("#talkers .main-svg").first).to_be_attached(timeout=PLOTLY)
    page.get_by_role("button", name="Expand all").click()
    page.get_by_role("tree").press("ArrowDown")
    page.get_by_role("tree").press("ArrowDown")
    connection = page.get_by_role("region", name="Details").get_by_role("listitem").first.locator(".link")
    expect(connection).to_be_visible()
    if theme == "dark":
        connection.click()
        page.get_by_role("checkbox", name="Hide kube-system").check()
        page.get_by_role("searchbox", name="Search", exact=True).fill("app")
    assert serious(page) == []


def test_nothing_serious_in_a_narrow_window(open_page: Open) -> None:
    assert serious(open_page(16, charts=False, width=360)) == []


def test_landmarks_and_headings_lead_through_the_page(open_page: Open) -> None:
    page = open_page(16, charts=False)
    for role in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)
    levels = page.evaluate("""() => [...document.querySelectorAll('h1, h2, h3, h4')]
      .filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))""")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for section in page.locator("main > section").all():
        assert section.get_attribute("aria-labelledby")
