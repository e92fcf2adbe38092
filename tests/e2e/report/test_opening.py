"""The page opens fast, moves fluently, and is whole without scripts, on paper, in narrow windows and both themes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.report.conftest import MANY, PLOTLY, Explorer, Open

OPEN = 2_000  # ms
FRAME = 1000 / 30 + 0.1  # ms
READY = "() => performance.getEntriesByName('ready')[0].startTime"
# frames of a page that does nothing: what the machine has to give at that time
BLANK = """async () => {
  const times = []; let before = await new Promise(requestAnimationFrame);
  for (let i = 0; i < 60; i++) {
    const now = await new Promise(requestAnimationFrame); times.push(now - before); before = now;
  }
  return times.sort((a, b) => a - b)[30];
}"""
MOVE = """async kind => {
  const top = document.querySelector('.graph-top');
  const { left, top: above } = top.getBoundingClientRect();
  const at = (x, y) => ({ pointerId: 1, clientX: left + x, clientY: above + y, bubbles: true, cancelable: true });
  top.setPointerCapture = () => {};
  top.focus({ preventScroll: true });
  if (kind === 'pan') top.dispatchEvent(new PointerEvent('pointerdown', at(300, 300)));
  const times = []; let before = await new Promise(requestAnimationFrame);
  for (let i = 0; i < 60; i++) {
    const [x, y] = [300 + 200 * Math.sin(i / 9), 300 + 99 * Math.cos(i / 7)];
    if (kind === 'pan') top.dispatchEvent(new PointerEvent('pointermove', at(x, y)));
    else top.dispatchEvent(new WheelEvent('wheel', { deltaY: i % 40 < 20 ? -40 : 40, ...at(300, 250) }));
    const now = await new Promise(requestAnimationFrame); times.push(now - before); before = now;
  }
  if (kind === 'pan') top.dispatchEvent(new PointerEvent('pointerup', at(300, 300)));
  return times.sort((a, b) => a - b)[30];
}"""


def test_it_opens_within_two_seconds(open_page: Open) -> None:
    """The best of three: what else runs on the machine is not the page's."""
    times = []
    for _ in range(3):
        page = open_page(MANY)
        times.append(page.evaluate(READY))
        expect(page.get_by_role("tree").get_by_role("treeitem").first).to_be_visible()
        if min(times) <= OPEN:
            break
    assert min(times) <= OPEN


def test_all_edges_move_fluently(open_page: Open) -> None:
    page = open_page(MANY)
    page.locator("#graph").scroll_into_view_if_needed()
    page.get_by_role("button", name="Expand all").click()
    assert Explorer(page).shown()[1] > MANY * 0.99
    page.wait_for_timeout(300)
    for kind in ("pan", "zoom"):
        tries: list[tuple[float, float]] = []
        while not any(moving <= max(FRAME, 2 * blank) for blank, moving in tries):
            assert len(tries) < 4, f"median frame, ms, of the page at rest and at {kind}: {tries}"
            tries.append((page.evaluate(BLANK), page.evaluate(MOVE, kind)))


def colour(page: Page, where: str, of: str = "backgroundColor") -> str:
    return page.evaluate(f"where => getComputedStyle(document.querySelector(where)).{of}", where)


def test_the_theme_follows_the_system_until_it_is_chosen(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    dark = colour(page, "body")
    page.emulate_media(color_scheme="light")
    light = colour(page, "body")
    assert (dark, light) == ("rgb(17, 22, 28)", "rgb(245, 247, 249)")
    page.get_by_role("button", name="Dark theme").click()
    assert colour(page, "body") == dark
    page.reload()
    page.locator("html[data-ready=true]").wait_for()
    assert colour(page, "body") == dark
    page.get_by_role("button", name="Light theme").press("Enter")
    assert colour(page, "body") == light


def test_the_theme_changes_where_the_browser_stores_nothing(open_page: Open) -> None:
    page = open_page(before="Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })")
    before = colour(page, "body")
    page.get_by_role("button", name="Dark theme").click()
    assert colour(page, "body") != before


def test_charts_are_drawn_in_the_colours_of_the_theme(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    assert page.locator(".js-plotly-plot").count() == 0, "nothing in view needs Plotly yet"
    page.locator("#talkers figure.chart").first.scroll_into_view_if_needed()
    chart = page.locator("#talkers figure.chart").first
    expect(chart.locator(".ytick text").first).to_be_visible(timeout=PLOTLY)
    first = page.locator("#talkers table.data").first.locator("tbody tr").first.locator("bdi").last.text_content() or ""
    expect(chart.locator(".ytick text").first).to_have_text(first)
    said = f"Sent, most 1.00 TB at {first}; Received, most 100 GB at {first}."
    expect(
        chart.get_by_role("img", name=f"Chart: Pods by bytes. {said} The table below holds the numbers.")
    ).to_be_visible()
    expect(chart.locator(".modebar-btn")).to_have_count(0)
    box = chart.locator(".bars path").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 2)
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    expect(chart.locator(".hoverlayer")).to_contain_text("1.00 TB")
    light = chart.locator(".ytick text").first.evaluate("one => getComputedStyle(one).fill")
    page.get_by_role("button", name="Dark theme").click()
    dark = chart.locator(".ytick text").first.evaluate("one => getComputedStyle(one).fill")
    assert (light, dark) == ("rgb(77, 91, 105)", "rgb(163, 177, 191)")


def test_the_contents_lead_to_the_sections(open_page: Open) -> None:
    page = open_page()
    for link in page.get_by_role("navigation", name="Contents").get_by_role("link").all():
        link.click()
        heading = page.get_by_role("heading", name=link.inner_text(), level=2)
        expect(heading).to_be_in_viewport()
    page.get_by_role("link", name="Denied traffic").click()
    expect(page.get_by_role("link", name="Denied traffic")).to_have_attribute("aria-current", "true")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the report")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the report")).to_be_in_viewport()


def test_a_policy_is_copied(open_page: Open) -> None:
    page = open_page()
    policy = page.locator("#policies details.policy").first
    policy.locator("summary").first.click()
    policy.locator("details summary").click()
    text = policy.locator("pre").text_content() or ""
    assert text.startswith("apiVersion: ")
    policy.get_by_role("button", name="Copy").click()
    expect(policy.get_by_role("button", name="Copied")).to_be_visible()
    page.evaluate("() => document.querySelector('main').append(document.createElement('textarea'))")
    page.locator("textarea").press("Control+V")
    expect(page.locator("textarea")).to_have_value(text)


def test_without_scripts_every_table_is_there(open_page: Open) -> None:
    page = open_page(120, charts=False, java_script_enabled=False)
    page.locator("#connections summary").first.click()
    page.locator("#talkers summary").first.click()
    edges = page.locator("#connections table.data")
    expect(edges.locator("tbody tr").last).to_be_visible()
    assert edges.locator("tbody tr").count() > 100
    assert page.locator("#talkers table.data tbody tr").first.is_visible()
    assert page.locator("#theme-toggle").is_hidden()


def test_a_narrow_window_scrolls_only_downwards(open_page: Open) -> None:
    for hostile in (False, True):
        page = open_page(hostile=hostile, width=360)
        page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
        page.get_by_role("button", name="Expand all").click()
        page.get_by_role("tree").press("ArrowDown")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
        wide = page.evaluate("""() => [...document.querySelectorAll('main > section')].filter(
          one => one.scrollWidth > one.clientWidth).map(one => one.id)""")
        assert wide == []


def test_paper_shows_everything_on_white(open_page: Open) -> None:
    page = open_page(70, color_scheme="dark")
    page.evaluate("""() => { addEventListener('beforeprint', () => { window.printed = {
      folded: document.querySelectorAll('details:not([open])').length,
      charts: document.querySelectorAll('figure.chart').length,
      drawn: document.querySelectorAll('figure.chart .main-svg').length > 0
        && [...document.querySelectorAll('figure.chart')].every(one => one.querySelector('.main-svg')),
      text: getComputedStyle(document.body).color,
      chart: getComputedStyle(document.querySelector('.ytick text')).fill,
    }; }); }""")
    folded = page.locator("main details:not([open])").count()
    assert folded > 10
    assert len(page.pdf()) > 50_000
    assert page.evaluate("() => window.printed") == {
        "folded": 0,
        "charts": page.locator("figure.chart").count(),
        "drawn": True,
        "text": "rgb(24, 34, 45)",
        "chart": "rgb(77, 91, 105)",
    }
    assert page.locator("main details:not([open])").count() == folded
    assert colour(page, "body", "color") == "rgb(227, 233, 239)"
    page.emulate_media(media="print")
    assert colour(page, "body", "color") == "rgb(24, 34, 45)"
    for control in ("#theme-toggle", "#contents", ".table-controls", ".graph-controls", ".graph-zoom"):
        assert page.locator(control).first.is_hidden(), control
    page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
    rows = page.locator("#connections table.data tbody tr")
    assert rows.count() > 50
    assert all(row.is_visible() for row in (rows.nth(0), rows.nth(60), rows.last)), "paper has no pages of a table"
