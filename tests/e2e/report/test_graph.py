"""The graph explorer by mouse and by keyboard; its numbers against sums over the page's data."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.report.conftest import Explorer, Open, label_of
from theia_sf.report.shown import size


@pytest.fixture
def explorer(open_page: Open) -> Explorer:
    return Explorer(open_page(charts=False))


def test_it_opens_with_the_groups_and_their_sums(explorer: Explorer) -> None:
    groups = explorer.groups()
    assert explorer.shown() == (len(groups), len(explorer.group_links()))
    expect(explorer.items).to_have_count(len(groups))
    for item, (group, octets) in zip(explorer.items.all(), groups.items(), strict=True):
        expect(item).to_contain_text(label_of(explorer.page, group))
        expect(item).to_contain_text(size(octets))
        expect(item).to_have_attribute("aria-expanded", "false")


def test_the_mouse_chooses_opens_and_closes(explorer: Explorer) -> None:
    group = next(iter(explorer.groups()))
    label = label_of(explorer.page, group)
    explorer.page.mouse.click(*explorer.at(label))
    expect(explorer.title).to_have_text(label)
    expect(explorer.chosen).to_contain_text(label)
    members = {edge[end] for edge in explorer.edges for end in ("from", "to") if edge[f"{end}_group"] == group}
    expect(explorer.panel).to_contain_text(f"Namespace, {len(members)} workloads")
    own = [edge for edge in explorer.edges if group in (edge["from_group"], edge["to_group"])]
    for name, value in (
        ("Traffic, both directions", size(sum(edge["octets"] + edge["reverse"] for edge in own))),
        ("Flows", f"{sum(edge['flows'] for edge in own):,}"),
        ("Denied flows", f"{sum(edge['denied'] for edge in own):,}"),
    ):
        expect(explorer.panel.locator("dl > div").filter(has_text=name).first.locator("dd")).to_have_text(value)
    expect(explorer.panel.get_by_role("listitem")).to_have_count(len(explorer.group_links(own)))

    before = explorer.shown()[0]
    explorer.page.mouse.dblclick(*explorer.at(label))
    expect(explorer.items.filter(has_text=label)).to_have_attribute("aria-expanded", "true")
    assert explorer.shown()[0] == before - 1 + len(members)
    explorer.panel.get_by_role("button", name="Collapse", exact=True).click()
    expect(explorer.items.filter(has_text=label)).to_have_attribute("aria-expanded", "false")
    assert explorer.shown()[0] == before


def test_the_mouse_walks_along_connections(explorer: Explorer) -> None:
    first = label_of(explorer.page, next(iter(explorer.groups())))
    explorer.page.mouse.click(*explorer.at(first))
    peer = explorer.panel.get_by_role("listitem").first
    name = peer.locator(".peer bdi").inner_text()
    peer.locator(".link").click()
    expect(explorer.panel.get_by_role("heading")).to_contain_text("→")
    ends = explorer.panel.get_by_role("heading").locator("bdi").all_inner_texts()
    assert set(ends) == {first, name}
    own = [e for e in explorer.edges if [label_of(explorer.page, e[f"{end}_group"]) for end in ("from", "to")] == ends]
    expect(explorer.panel).to_contain_text(size(sum(edge["reverse"] for edge in own)))
    heaviest = max({edge["port"] for edge in own}, key=lambda port: max(e["octets"] for e in own if e["port"] == port))
    expect(explorer.panel.get_by_role("table")).to_contain_text(heaviest)
    explorer.panel.get_by_role("button", name=name, exact=True).first.click()
    expect(explorer.title).to_have_text(name)
    expect(explorer.panel).to_be_focused()


def test_a_connection_of_an_open_group_is_marked_in_the_picture(explorer: Explorer) -> None:
    painted = """async () => {
      await new Promise(frame => requestAnimationFrame(() => requestAnimationFrame(frame)));
      const top = document.querySelector('.graph-top');
      const copy = new OffscreenCanvas(top.width, top.height).getContext('2d');
      copy.drawImage(top, 0, 0);
      return copy.getImageData(0, 0, top.width, top.height).data.some(value => value > 0);
    }"""
    explorer.page.mouse.dblclick(*explorer.at(label_of(explorer.page, next(iter(explorer.groups())))))
    explorer.panel.get_by_role("listitem").first.locator(".link").click()
    box = explorer.picture.bounding_box()
    assert box
    explorer.page.mouse.move(box["x"] + 3, box["y"] + 3)
    assert explorer.page.evaluate(painted) is True
    explorer.tree.press("Escape")
    expect(explorer.title).to_have_text("Nothing chosen")
    assert explorer.page.evaluate(painted) is False


def test_the_pointer_is_told_what_is_under_it(explorer: Explorer) -> None:
    group, octets = next(iter(explorer.groups().items()))
    label = label_of(explorer.page, group)
    explorer.page.mouse.move(*explorer.at(label))
    expect(explorer.page.locator(".graph-tip")).to_contain_text(f"{label}: {size(octets)}")
    box = explorer.picture.bounding_box()
    assert box
    explorer.page.mouse.move(box["x"] + 3, box["y"] + 3)
    expect(explorer.page.locator(".graph-tip")).to_be_hidden()


def test_a_line_of_the_tree_is_pressed(explorer: Explorer) -> None:
    line = explorer.items.nth(1)
    line.click()
    expect(explorer.title).to_have_text(line.locator("bdi").text_content() or "?")
    expect(line).to_have_attribute("aria-expanded", "false")
    line.click(position={"x": 10, "y": 10})
    expect(line).to_have_attribute("aria-expanded", "true")
    line.dblclick()
    expect(line).to_have_attribute("aria-expanded", "false")


def test_dragging_wheel_and_buttons_move_the_picture(explorer: Explorer) -> None:
    label, other = [label_of(explorer.page, group) for group in list(explorer.groups())[:2]]
    mouse = explorer.page.mouse

    def apart() -> float:
        (x, y), (u, v) = explorer.at(label), explorer.at(other)
        return ((x - u) ** 2 + (y - v) ** 2) ** 0.5

    x, y = explorer.at(label)
    box = explorer.picture.bounding_box()
    assert box
    mouse.move(box["x"] + 10, box["y"] + 10)
    mouse.down()
    mouse.move(box["x"] + 60, box["y"] + 40, steps=4)
    mouse.up()
    assert explorer.at(label) == pytest.approx((x + 50, y + 30), abs=0.5)
    expect(explorer.title).to_have_text("Nothing chosen")
    before = apart()
    explorer.page.get_by_role("button", name="Zoom in").click()
    assert apart() == pytest.approx(before * 1.4)
    explorer.page.get_by_role("button", name="Zoom out").click()
    explorer.picture.focus()
    explorer.picture.hover(position={"x": 200, "y": 200})
    mouse.wheel(0, -200)
    explorer.page.wait_for_timeout(100)
    assert apart() > before * 1.2
    explorer.page.get_by_role("button", name="Show everything").click()
    assert apart() == pytest.approx(before)
    explorer.picture.evaluate("""top => {
      const { left, top: above } = top.getBoundingClientRect();
      const finger = (type, pointerId, x) => top.dispatchEvent(
        new PointerEvent(type, { pointerId, clientX: left + x, clientY: above + 200, bubbles: true }));
      top.setPointerCapture = () => {};
      finger('pointerdown', 1, 300); finger('pointerdown', 2, 400); finger('pointermove', 2, 500);
      finger('pointerup', 1, 300); finger('pointerup', 2, 500);
    }""")
    assert apart() == pytest.approx(before * 2)


def test_the_keyboard_alone_does_it_all_in_the_tree(explorer: Explorer) -> None:
    group = next(iter(explorer.groups()))
    label = label_of(explorer.page, group)
    press = explorer.page.keyboard.press
    nodes = explorer.shown()[0]
    explorer.search.focus()
    press("Tab")
    expect(explorer.tree).to_be_focused()
    press("ArrowDown")
    expect(explorer.chosen).to_contain_text(label)
    active = explorer.tree.get_attribute("aria-activedescendant")
    assert active == explorer.chosen.get_attribute("id")
    press("Enter")
    expect(explorer.chosen).to_have_attribute("aria-expanded", "true")
    press("ArrowRight")
    expect(explorer.chosen).to_have_attribute("aria-level", "2")
    workload = explorer.chosen.locator("bdi").text_content() or "?"
    expect(explorer.title).to_have_text(workload)
    press("Enter")
    expect(explorer.status).to_contain_text(f"Only the neighbours of {workload}.")
    focused = explorer.shown()
    assert focused[0] <= focused[1] + 1
    assert focused[0] < nodes
    press("Escape")
    expect(explorer.status).not_to_contain_text("Only the neighbours")
    press("Escape")
    expect(explorer.chosen).to_contain_text(label)
    press("Escape")
    expect(explorer.chosen).to_have_attribute("aria-expanded", "false")
    press("Escape")
    expect(explorer.chosen).to_have_count(0)
    expect(explorer.title).to_have_text("Nothing chosen")
    press("End")
    expect(explorer.items.last).to_have_attribute("aria-selected", "true")
    press("ArrowRight")
    expect(explorer.items.last).to_have_attribute("aria-level", "2")
    press("ArrowLeft")
    expect(explorer.items.last).to_have_attribute("aria-level", "1")
    press("Tab")
    expect(explorer.panel).to_be_focused()
    press("Tab")
    press("Enter")
    expect(explorer.items.last).to_have_attribute("aria-level", "2")
    expect(explorer.panel.get_by_role("button", name="Collapse", exact=True)).to_be_focused()


def test_the_keyboard_alone_does_it_all_on_the_picture(explorer: Explorer) -> None:
    press = explorer.page.keyboard.press
    live = explorer.page.locator("body > [aria-live=polite]")
    explorer.picture.focus()
    press("ArrowRight")
    label = label_of(explorer.page, next(iter(explorer.groups())))
    expect(explorer.title).to_have_text(label)
    expect(live).to_contain_text(label)
    x, _ = explorer.at(label)
    seen = {label}
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        for _ in range(4):
            press(key)
            seen.add(explorer.title.inner_text())
    assert len(seen) > 4
    for _ in range(12):
        press("ArrowLeft")
    left = explorer.title.inner_text()
    assert explorer.at(left)[0] < x + 1
    press("Enter")
    expect(explorer.chosen).to_have_attribute("aria-expanded", "true")
    expect(live).to_contain_text(f"{left} opened")
    press("Escape")
    expect(live).to_contain_text(f"{left} closed")
    press("f")
    expect(live).to_have_text(f"Only the neighbours of {left}")
    press("f")
    expect(live).to_have_text("All nodes again")
    before = explorer.at(left)
    press("Shift+ArrowRight")
    assert explorer.at(left) == pytest.approx((before[0] - 60, before[1]))
    press("0")
    press("+")
    grown = explorer.at(left)
    press("-")
    assert explorer.at(left) != pytest.approx(grown)


def test_search_finds_workloads_in_folded_groups(explorer: Explorer) -> None:
    name = next(edge["from_end"]["name"] for edge in explorer.edges if edge["from_end"]["kind"] == "workload")
    wanted = {
        (edge[f"{end}_group"], edge[end])
        for edge in explorer.edges
        for end in ("from", "to")
        if name in edge[f"{end}_end"]["name"] or name in edge[f"{end}_end"]["labels"]
    }
    explorer.search.fill(name.upper())
    expect(explorer.tree.locator("[aria-level='2']")).to_have_count(len(wanted))
    expect(explorer.page.locator("body > [aria-live=polite]")).to_contain_text("found")
    explorer.search.press("Enter")
    expect(explorer.tree).to_be_focused()
    expect(explorer.title).to_contain_text(name)
    x, y = explorer.at(explorer.title.inner_text())
    explorer.page.mouse.move(x, y)
    expect(explorer.page.locator(".graph-tip")).to_contain_text(name)
    explorer.search.fill("no such thing")
    expect(explorer.items).to_have_count(0)
    expect(explorer.page.locator("body > [aria-live=polite]")).to_have_text("No node found")


def test_filters_leave_what_they_say(explorer: Explorer) -> None:
    page = explorer.page
    page.get_by_role("checkbox", name="Denied only").check()
    denied = [edge for edge in explorer.edges if edge["denied"]]
    assert denied
    assert explorer.shown()[1] == len(explorer.group_links(denied))
    page.get_by_role("checkbox", name="Denied only").uncheck()

    page.get_by_role("checkbox", name="Hide kube-system").check()
    rest = [e for e in explorer.edges if "kube-system" not in (e["from_group"][1], e["to_group"][1])]
    assert explorer.shown()[1] == len(explorer.group_links(rest))
    expect(explorer.items.filter(has_text="kube-system")).to_have_count(0)
    page.get_by_role("checkbox", name="Hide kube-system").uncheck()

    sums: dict[Any, int] = defaultdict(int)
    for edge in explorer.edges:
        sums[edge["from_group"], edge["to_group"]] += edge["octets"] + edge["reverse"]
    page.get_by_label("Connections of").select_option("1 MB or more")
    assert explorer.shown()[1] == sum(octets >= 1_000_000 for octets in sums.values())
    page.get_by_label("Connections of").select_option("Any amount")

    page.get_by_label("Cluster").select_option(index=2)
    second = [edge for edge in explorer.edges if edge["from_group"][0] == 1]
    assert explorer.shown()[1] == len(explorer.group_links(second))
    page.get_by_label("Cluster").select_option("All clusters")
    page.get_by_role("button", name="Expand all").click()
    assert explorer.shown()[1] == len({(edge["from"], edge["to"]) for edge in explorer.edges})
    page.get_by_role("button", name="Collapse all").click()
    assert explorer.shown() == (len(explorer.groups()), len(explorer.group_links()))


def test_the_same_data_give_the_same_picture_of_groups_apart(explorer: Explorer) -> None:
    def places() -> list[list[float]]:
        return explorer.page.evaluate("""() => { const { model, where } = theia.graph.explorer;
          return [...model.byId.values()].map(where) }""")

    expand, collapse = (explorer.page.get_by_role("button", name=f"{what} all") for what in ("Expand", "Collapse"))
    expand.click()
    before = places()
    explorer.page.reload()
    explorer.page.locator("html[data-ready=true]").wait_for()
    expand.click()
    assert places() == before
    collapse.click()
    spots = [explorer.at(label_of(explorer.page, group)) for group in explorer.groups()]
    for number, (x, y) in enumerate(spots):
        for u, v in spots[:number]:
            assert ((x - u) ** 2 + (y - v) ** 2) ** 0.5 > 15
