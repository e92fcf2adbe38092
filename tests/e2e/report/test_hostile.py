"""Names and labels that would break a careless page are shown, and do nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.report.conftest import MANY, PLOTLY, Open
from tests.unit.report.sample import HOSTILE

SHOWN = [text for text in HOSTILE if text.isprintable() and len(text) < 100]  # the others are shown as escapes


def open_everything(page: Page) -> None:
    page.get_by_role("button", name="Expand all").click()
    page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
    for section in page.locator("main > section").all():
        section.scroll_into_view_if_needed()
    for chart in page.locator("figure.chart").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_attached(timeout=PLOTLY)


def test_they_are_shown_verbatim_and_do_nothing(open_page: Open) -> None:
    page = open_page(hostile=True)
    open_everything(page)
    assert len(SHOWN) >= 7
    search = page.get_by_role("searchbox", name="Search", exact=True)
    title = page.get_by_role("region", name="Details").get_by_role("heading", level=3)
    table = page.locator("#connections table.data").text_content() or ""
    charts = " ".join(page.locator("#talkers .ytick text").all_text_contents())
    for text in SHOWN:
        search.fill(text)
        search.press("Enter")
        expect(title).to_contain_text(text)
        assert text in table
    assert "</script><scrip" in charts
    assert "<img src=x on" in charts
    assert page.locator("main img, main iframe, main a[href^=javascript]").count() == 0
    scripts = page.locator("script:not([type])").count()
    search.fill("alert")
    assert page.locator("script:not([type])").count() == scripts


@pytest.mark.soak
def test_thousands_of_them_do_nothing_either(open_page: Open) -> None:
    page = open_page(MANY, hostile=True)
    open_everything(page)
    tree = page.get_by_role("tree", name="Nodes of the graph")
    for _ in range(200):
        tree.press("ArrowDown")
    expect(tree.get_by_role("treeitem", selected=True)).to_have_count(1)


def test_what_would_turn_text_around_is_an_escape(open_page: Open) -> None:
    page = open_page(hostile=True)
    open_everything(page)
    search = page.get_by_role("searchbox", name="Search", exact=True)
    search.fill("gnp.exe")
    search.press("Enter")
    expect(page.get_by_role("region", name="Details").get_by_role("heading", level=3)).to_contain_text(
        "\\u202egnp.exe\\u202c"
    )
    turned = page.evaluate("""() => { const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      let found = 0;
      while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (parentElement.tagName !== 'SCRIPT' && /[\\u202a-\\u202e\\u2066-\\u2069]/.test(data)) found += 1;
      }
      return found; }""")
    assert turned == 0


def test_the_policy_of_the_page_stops_other_scripts_and_requests(open_page: Open) -> None:
    """Were a name to become markup all the same, its script would not run and could send nothing."""
    page = open_page(hostile=True, watch=False)
    stopped: list[str | None] = []
    page.on("requestfailed", lambda request: stopped.append(request.failure))
    page.on("requestfinished", lambda request: stopped.append(f"reached {request.url}"))
    page.evaluate("""() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      const holder = document.createElement('div');
      holder.innerHTML = '<img src=x onerror="window.ran = true"><img src="https://203.0.113.1/leak">';
      document.body.append(holder);
    }""")
    sent = page.evaluate("() => fetch('https://203.0.113.1/').then(() => 'sent', () => 'refused')")
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.ran") is None
    assert sent == "refused"
    assert stopped == ["csp", "csp"]
