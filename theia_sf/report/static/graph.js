/*
 * The graph explorer: one state (what is open, filtered, in focus, chosen), shown by canvas, tree and panel.
 */
(function () {
  "use strict";

  const { announce, bytes, count, element, graph, payload, plural } = window.theia;

  /**
   * @param {HTMLElement} place
   * @param {any} data the payload
   */
  function explore(place, data) {
    const model = graph.read(data);
    const choice = { expanded: new Set(), focus: null, deniedOnly: false, minimum: 0, hideSystem: false, cluster: -1 };
    const folded = graph.view(model, { ...choice, expanded: new Set() });
    const base = graph.forces(model.groups, folded.links);
    const most = { group: heaviest(model.groups), member: heaviest(model.workloads) };
    /** @type {any} */
    let view = null;
    /** @type {any} */
    let chosen = null;
    let wanted = "";

    const status = element("p", { class: "graph-status", role: "status" });
    const panel = element("div", { class: "graph-panel", role: "region", "aria-label": "Details", tabindex: "0" });
    const tip = element("div", { class: "graph-tip", "aria-hidden": "true", hidden: true });
    const holder = element("div", { class: "graph-canvas" }, tip);
    const search = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    const tree = graph.tree({
      choose: (/** @type {any} */ node, /** @type {boolean} */ go) => choose(node, go),
      toggle,
      key,
    });
    const filters = graph.filters(
      model.clusters,
      model.groups.some((/** @type {any} */ one) => one.system),
      change,
      all,
    );
    place.replaceChildren(
      filters.top,
      element(
        "div",
        { class: "graph-body" },
        element("div", { class: "graph-main" }, holder, graph.legend(), status, graph.help()),
        element(
          "div",
          { class: "graph-side" },
          element("label", { class: "field graph-search" }, element("span", {}, "Search"), search),
          tree.top,
          panel,
        ),
      ),
    );
    const canvas = graph.canvas(holder, { pick, hover });
    canvas.top.setAttribute(
      "aria-label",
      "Picture of the graph. Arrow keys go from node to node, Enter opens a group, Escape goes back.",
    );
    canvas.top.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => keyOnCanvas(event));
    holder.append(graph.zoom(canvas));

    /** Derive what is shown and show it. */
    function update() {
      view = graph.view(model, choice);
      canvas.show(graph.scene(view, graph.place(view, base, most)));
      list();
      mark();
      const parts = [
        `${plural(view.nodes.length, "node")} and ${plural(view.links.length, "connection")} shown,`,
        `made of ${count(view.edges)} of ${plural(model.edges.length, "edge")}.`,
      ];
      if (choice.focus) parts.push(`Only the neighbours of ${model.byId.get(choice.focus).label}.`);
      if (model.omitted.edges) {
        const { edges, octets } = model.omitted;
        parts.push(`${plural(edges, "smaller edge")} (${bytes(octets ?? 0)}) left out of the graph.`);
      }
      status.textContent = parts.join(" ");
    }

    /** List the shown nodes, or those that the search finds, in groups that are folded too. */
    function list() {
      const found = (/** @type {any} */ node) => node.words.includes(wanted);
      const shown = new Set(view.nodes);
      const groups = wanted
        ? model.groups.filter((/** @type {any} */ one) => found(one) || one.members.some(found))
        : view.groups;
      const members = (/** @type {any} */ group) => {
        if (wanted) return group.members.filter(found);
        return choice.expanded.has(group.id) ? group.members.filter((/** @type {any} */ one) => shown.has(one)) : [];
      };
      const nodes = tree.list(groups, members);
      const marked = wanted ? nodes.filter(found).map((/** @type {any} */ node) => graph.shownNode(node, choice)) : [];
      canvas.mark({ found: new Set(marked) });
      return nodes;
    }

    /** Show what is chosen, in all three places. */
    function mark() {
      const node = chosen && chosen.edges ? null : chosen;
      const link =
        chosen && chosen.edges ? (view.links.find((/** @type {any} */ one) => one.id === chosen.id) ?? chosen) : null;
      canvas.mark({ chosen: link ?? (node ? graph.shownNode(node, choice) : null) });
      tree.mark(node);
      if (link) panel.replaceChildren(...graph.ofLink(link, { choose: go }));
      else if (node)
        panel.replaceChildren(
          ...graph.ofNode(
            node,
            linksOf(node),
            { open: choice.expanded.has(node.id), focused: choice.focus === node.id },
            { choose: go, toggle, focus },
          ),
        );
      else panel.replaceChildren(...graph.ofNothing());
    }

    /** @returns {any[]} the connections of a node as if it were shown on its own: a group folded, a member out of it */
    function linksOf(/** @type {any} */ node) {
      const expanded = new Set(choice.expanded);
      if (node.group) expanded.add(node.group.id);
      else expanded.delete(node.id);
      const own = graph.view(model, { ...choice, expanded, focus: null });
      return own.links.filter((/** @type {any} */ link) => link.from === node || link.to === node);
    }

    /** @param {any} what node, link or null */
    function choose(what, bring = false) {
      chosen = what;
      if (bring && what && what.group && !choice.expanded.has(what.group.id)) {
        choice.expanded.add(what.group.id);
        update();
        canvas.fit();
      } else mark();
      if (!what) return announce("Nothing chosen");
      if (what.edges)
        return announce(`Connection from ${what.from.label} to ${what.to.label}, ${bytes(what.octets + what.reverse)}`);
      if (bring) canvas.reveal(what);
      // the tree says its active line itself
      if (document.activeElement !== tree.top) announce(`${what.label}, ${graph.kindOf(what)}, ${bytes(what.octets)}`);
    }

    /** Choose from the panel, whose pressed button is then gone: its heading is where reading goes on. */
    function go(/** @type {any} */ what) {
      choose(what, true);
      panel.scrollTop = 0;
      panel.focus({ preventScroll: true });
    }

    /** Open or close a group. */
    function toggle(/** @type {any} */ group) {
      const open = !choice.expanded.has(group.id);
      const inPanel = panel.contains(document.activeElement);
      if (open) choice.expanded.add(group.id);
      else choice.expanded.delete(group.id);
      chosen = group;
      update();
      canvas.fit();
      if (inPanel) panel.querySelector("button")?.focus({ preventScroll: true });
      announce(open ? `${group.label} opened, ${plural(group.members.length, "member")}` : `${group.label} closed`);
    }

    /** Show a node's neighbours only, or all again. */
    function focus(/** @type {any} */ node) {
      const inPanel = panel.contains(document.activeElement);
      choice.focus = choice.focus === node.id ? null : node.id;
      chosen = node;
      update();
      canvas.fit();
      if (inPanel) panel.querySelector("[aria-pressed]")?.focus({ preventScroll: true });
      announce(choice.focus ? `Only the neighbours of ${node.label}` : "All nodes again");
    }

    /** @param {any} some of the choice */
    function change(some) {
      Object.assign(choice, some);
      if (chosen && !chosen.edges && "cluster" in some && choice.cluster >= 0 && chosen.cluster !== choice.cluster)
        chosen = null;
      if (chosen && chosen.edges) chosen = null;
      choice.focus = null;
      update();
      canvas.fit();
    }

    function all(/** @type {boolean} */ open) {
      choice.expanded = new Set(open ? model.groups.map((/** @type {any} */ one) => one.id) : []);
      choice.focus = null;
      if (chosen && (chosen.edges || (chosen.group && !open))) chosen = null;
      update();
      canvas.fit();
      announce(open ? "All groups opened" : "All groups closed");
    }

    /** Go back one step. @returns {boolean} whether there was one */
    function back() {
      if (choice.focus) focus(model.byId.get(choice.focus));
      else if (chosen && chosen.group) choose(chosen.group);
      else if (chosen && choice.expanded.has(chosen.id)) toggle(chosen);
      else if (chosen) choose(null);
      else return false;
      return true;
    }

    /** Keys that canvas and tree share. @returns {boolean} whether it was one */
    function key(/** @type {KeyboardEvent} */ event) {
      const node = chosen && !chosen.edges ? chosen : null;
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      if (event.key === "Escape") return back();
      if (event.key === "+" || event.key === "=") canvas.zoom(1.4);
      else if (event.key === "-") canvas.zoom(1 / 1.4);
      else if (event.key === "0") canvas.fit();
      else if ((event.key === "Enter" || event.key === " ") && node) {
        if (!node.group) toggle(node);
        else if (choice.expanded.has(node.group.id)) focus(node);
        else choose(node, true);
      } else if ((event.key === "f" || event.key === "F") && node) focus(node);
      else return false;
      return true;
    }

    function keyOnCanvas(/** @type {KeyboardEvent} */ event) {
      const way = /** @type {any} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] })[
        event.key
      ];
      if (!way) {
        if (key(event)) event.preventDefault();
        return;
      }
      event.preventDefault();
      if (event.shiftKey) return canvas.pan(-60 * way[0], -60 * way[1]);
      const from = chosen && !chosen.edges ? graph.shownNode(chosen, choice) : null;
      const next = from ? canvas.towards(from, way[0], way[1]) : view.groups[0];
      if (next) choose(next, true);
    }

    /** What the pointer pressed. */
    function pick(/** @type {any} */ what, /** @type {boolean} */ twice) {
      if (twice && what && !what.edges && !what.group) toggle(what);
      else if (twice && what && what.group) focus(what);
      else if (!twice) choose(what);
    }

    /** What the pointer is over. */
    function hover(/** @type {any} */ what, /** @type {number} */ x, /** @type {number} */ y) {
      canvas.mark({ hovered: what });
      canvas.top.style.cursor = what ? "pointer" : "grab";
      tip.hidden = !what;
      if (!what) return;
      const name = what.edges ? `${what.from.label} → ${what.to.label}` : what.label;
      const denied = what.denied ? `, ${count(what.denied)} denied` : "";
      const octets = what.edges ? what.octets + what.reverse : what.octets;
      tip.textContent = `${window.theia.shorten(name, 80)}: ${bytes(octets)}, ${plural(what.flows, "flow")}${denied}`;
      const { width } = canvas.size();
      tip.style.left = `${Math.max(4, Math.min(x + 14, width - tip.offsetWidth - 4))}px`;
      tip.style.top = `${y + 18}px`;
    }

    search.addEventListener("input", () => {
      wanted = search.value.trim().toLowerCase();
      const found = list();
      if (wanted) announce(found.length ? `${plural(found.length, "node")} found` : "No node found");
    });
    search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const first = list().find((/** @type {any} */ node) => node.words.includes(wanted));
      if (!first) return;
      choose(first, event.key === "Enter");
      tree.top.focus();
    });

    update();
    canvas.fit();
    graph.explorer = { model, where: canvas.where };
  }

  /** @returns {number} */
  function heaviest(/** @type {any[]} */ nodes) {
    return nodes.reduce((most, node) => Math.max(most, node.octets), 1);
  }

  for (const place of document.querySelectorAll("[data-graph]")) {
    const data = payload(`data-${/** @type {HTMLElement} */ (place).dataset.graph}`);
    if (data && data.edges.length) explore(/** @type {HTMLElement} */ (place), data);
  }
})();
