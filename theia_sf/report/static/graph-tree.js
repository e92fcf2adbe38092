/*
 * The nodes of the graph as a tree: the same choice as on the canvas, for the keyboard and for screen readers.
 * One element per shown line; which of them is the active one is told by aria-activedescendant.
 */
(function () {
  "use strict";

  const { bytes, compact, element, graph, isolated } = window.theia;
  const LINES = 2000; // at most

  /**
   * @param {{choose: (node: any, go: boolean) => void, toggle: (node: any) => void, key: (event: KeyboardEvent) =>
   *     boolean}} heard go: whether to bring the node into view; key: what the graph knows, whether it was one
   */
  function tree(heard) {
    const top = element("div", {
      class: "graph-tree",
      role: "tree",
      tabindex: "0",
      "aria-label": "Nodes of the graph",
    });
    /** @type {any[]} */
    let nodes = [];
    /** @type {Map<any, HTMLElement>} */
    let lines = new Map();
    /** @type {any} */
    let active = null;

    /**
     * @param {any} node
     * @param {number} at from 1
     * @param {number} of
     * @param {boolean} open
     * @returns {HTMLElement}
     */
    function line(node, at, of, open) {
      const denied = node.denied ? element("span", { class: "denied" }, `${compact(node.denied)} denied`) : "";
      const made = element(
        "div",
        {
          role: "treeitem",
          id: `graph-line-${node.id.replace(/:/g, "-")}`,
          "aria-level": node.group ? 2 : 1,
          "aria-posinset": at,
          "aria-setsize": of,
          "aria-selected": "false",
          class: `is-${node.system ? "system" : node.kind}`,
        },
        element("span", { class: "name" }, isolated(node.label)),
        element("span", { class: "numbers" }, denied, element("span", {}, bytes(node.octets))),
      );
      if (!node.group) made.setAttribute("aria-expanded", String(open));
      made.addEventListener("click", (/** @type {MouseEvent} */ event) => {
        const twisty = !node.group && event.offsetX < 24 && event.target === made;
        if (twisty) heard.toggle(node);
        else heard.choose(node, true);
      });
      made.addEventListener("dblclick", () => !node.group && heard.toggle(node));
      return made;
    }

    /** Mark the active line. */
    function mark(/** @type {any} */ node) {
      lines.get(active)?.setAttribute("aria-selected", "false");
      active = node;
      const own = lines.get(node);
      if (!own) return top.removeAttribute("aria-activedescendant");
      own.setAttribute("aria-selected", "true");
      top.setAttribute("aria-activedescendant", own.id);
      // not scrollIntoView: it would move the page too
      const [above, below] = [
        own.offsetTop - top.scrollTop,
        own.offsetTop + own.offsetHeight - top.scrollTop - top.clientHeight,
      ];
      if (above < 0) top.scrollTop += above;
      else if (below > 0) top.scrollTop += below;
    }

    top.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const at = nodes.indexOf(active);
      const open = lines.get(active)?.getAttribute("aria-expanded") === "true";
      /** @type {any} */
      let next = null;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowDown") next = nodes[at + 1];
      else if (event.key === "ArrowUp") next = nodes[at - 1] ?? nodes[0];
      else if (event.key === "Home") next = nodes[0];
      else if (event.key === "End") next = nodes.at(-1);
      else if (event.key === "PageDown") next = nodes[Math.min(nodes.length - 1, at + 10)];
      else if (event.key === "PageUp") next = nodes[Math.max(0, at - 10)];
      else if (event.key === "ArrowRight" && active && !active.group) {
        if (open) next = nodes[at + 1]?.group === active ? nodes[at + 1] : null;
        else heard.toggle(active);
      } else if (event.key === "ArrowLeft" && active) {
        if (active.group) next = active.group;
        else if (open) heard.toggle(active);
      } else if (!heard.key(event)) return;
      event.preventDefault();
      if (next) heard.choose(next, false);
    });

    return {
      top,
      mark,
      /**
       * @param {any[]} groups
       * @param {(group: any) => any[]} members that are to be listed
       * @returns {any[]} the nodes that are listed
       */
      list(groups, members) {
        nodes = [];
        lines = new Map();
        const fragment = document.createDocumentFragment();
        const add = (
          /** @type {any} */ node,
          /** @type {number} */ at,
          /** @type {number} */ of,
          /** @type {boolean} */ open,
        ) => {
          if (nodes.length >= LINES) return;
          nodes.push(node);
          const made = line(node, at + 1, of, open);
          lines.set(node, made);
          fragment.append(made);
        };
        groups.forEach((group, at) => {
          const inside = members(group);
          add(group, at, groups.length, inside.length > 0);
          inside.forEach((node, i) => add(node, i, inside.length, false));
        });
        const scrolled = top.scrollTop;
        top.replaceChildren(fragment);
        top.scrollTop = scrolled;
        mark(active);
        return nodes;
      },
    };
  }

  graph.tree = tree;
})();
