"""Tables: sorted, filtered and paged by mouse and keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.report.conftest import Open


class Table:
    """A table and what the page puts around it."""

    def __init__(self, page: Page, section: str) -> None:
        self.page = page
        self.place = page.locator(f"#{section} details").last
        self.place.locator("summary").first.click()
        self.table = self.place.get_by_role("table")
        self.status = self.place.get_by_role("status")

    def heading(self, name: str) -> Locator:
        return self.table.get_by_role("columnheader", name=name)

    def values(self, column: int, shown: bool = True) -> list[str]:
        return self.table.evaluate(
            """(table, [column, shown]) => [...table.tBodies[0].rows]
              .filter(row => !shown || row.checkVisibility())
              .map(row => row.cells[column].dataset.value ?? row.cells[column].textContent)""",
            [column, shown],
        )


@pytest.fixture
def edges(open_page: Open) -> Table:
    return Table(open_page(120, charts=False), "connections")


def test_numbers_sort_by_value_the_largest_first(edges: Table) -> None:
    flows = edges.heading("Flow records")
    column = [cell.strip() for cell in edges.table.get_by_role("columnheader").all_inner_texts()].index("Flow records")
    before = edges.values(column, shown=False)
    flows.get_by_role("button").click()
    expect(flows).to_have_attribute("aria-sort", "descending")
    numbers = [int(value) for value in edges.values(column, shown=False)]
    assert numbers == sorted(map(int, before), reverse=True)
    assert edges.values(column) == [str(number) for number in numbers[:50]]
    flows.get_by_role("button").press("Enter")
    expect(flows).to_have_attribute("aria-sort", "ascending")
    assert [int(value) for value in edges.values(column, shown=False)] == sorted(map(int, before))
    edges.heading("From").first.get_by_role("button").press("Space")
    expect(flows).not_to_have_attribute("aria-sort", "ascending")
    expect(edges.page.locator("body > [aria-live=polite]")).to_have_text("Sorted by From, ascending")


def test_sorting_is_stable(edges: Table) -> None:
    """Rows that are equal in a column keep the order of the page, whatever was sorted before."""
    names = [cell.strip() for cell in edges.table.get_by_role("columnheader").all_inner_texts()]
    traffic = names.index("Traffic")
    before = list(zip(edges.values(traffic, shown=False), edges.values(0, shown=False), strict=True))
    edges.heading("Flow records").get_by_role("button").click()
    edges.heading("Traffic").get_by_role("button").click()
    after = list(zip(edges.values(traffic, shown=False), edges.values(0, shown=False), strict=True))
    assert len({value for value, _ in before}) < len(before) / 3
    for value in {value for value, _ in before}:
        assert [row for row in after if row[0] == value] == [row for row in before if row[0] == value]


def test_rows_are_filtered(edges: Table) -> None:
    everything = edges.table.evaluate("table => [...table.tBodies[0].rows].map(row => row.textContent.toLowerCase())")
    edges.place.get_by_role("searchbox", name="Filter rows").fill("KUBE-system")
    wanted = sum("kube-system" in row for row in everything)
    assert 0 < wanted < len(everything)
    expect(edges.status).to_contain_text(f"of {wanted} ({len(everything)} rows unfiltered)")
    shown = edges.table.locator("tbody tr:visible")
    expect(shown).to_have_count(min(50, wanted))
    assert all("kube-system" in text for text in shown.all_inner_texts())
    edges.place.get_by_role("searchbox", name="Filter rows").fill("nothing like it")
    expect(edges.status).to_contain_text("No row matches")
    expect(shown).to_have_count(0)
    edges.place.get_by_role("searchbox", name="Filter rows").fill("")
    expect(shown).to_have_count(50)


def test_pages_are_turned(edges: Table) -> None:
    rows = edges.table.locator("tbody tr").count()
    first = edges.values(0)
    expect(edges.status).to_have_text(f"Rows 1\u201350 of {rows}")
    expect(edges.place.get_by_role("button", name="Previous")).to_be_disabled()
    edges.place.get_by_role("button", name="Next").press("Enter")
    expect(edges.status).to_have_text(f"Rows 51\u2013100 of {rows}")
    assert edges.values(0) == edges.values(0, shown=False)[50:100]
    edges.heading("Flow records").get_by_role("button").click()
    expect(edges.status).to_have_text(f"Rows 1\u201350 of {rows}")
    edges.place.get_by_role("button", name="Show all").click()
    expect(edges.table.locator("tbody tr:visible")).to_have_count(rows)
    edges.place.get_by_role("button", name="Show 50 at a time").click()
    expect(edges.table.locator("tbody tr:visible")).to_have_count(50)
    assert len(first) == 50


def test_a_table_that_scrolls_is_reached_by_keyboard(open_page: Open) -> None:
    edges = Table(open_page(120, charts=False, width=700), "connections")
    scrolled = edges.place.locator(".table-scroll")
    expect(scrolled).to_have_attribute("tabindex", "0")
    scrolled.focus()
    edges.page.keyboard.press("ArrowRight")
    edges.page.wait_for_timeout(300)
    assert scrolled.evaluate("one => one.scrollLeft") > 0
