/*
 * What is known of the chosen node or connection, and buttons to walk on from it.
 */
(function () {
  "use strict";

  const { bytes, count, element, graph, isolated, plural, time } = window.theia;
  const PEERS = 100;
  const PORTS = 50;

  /**
   * @param {[string, string | Node][]} facts
   * @returns {HTMLElement}
   */
  function list(facts) {
    return element(
      "dl",
      {},
      ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    );
  }

  /**
   * @param {any} node
   * @param {any[]} links its own, while it is shown on its own
   * @param {{open: boolean, focused: boolean}} state
   * @param {{choose: (what: any) => void, toggle: (node: any) => void, focus: (node: any) => void}} heard
   * @returns {Node[]}
   */
  function ofNode(node, links, state, heard) {
    const own = (/** @type {any} */ end) => end === node || end.group === node;
    const peers = links
      .map((link) => ({ link, peer: own(link.from) ? link.to : link.from, out: own(link.from) }))
      .sort(
        (a, b) => b.link.octets + b.link.reverse - a.link.octets - a.link.reverse || (a.link.id < b.link.id ? -1 : 1),
      );
    const buttons = [];
    if (!node.group) {
      buttons.push(
        element("button", { type: "button", click: () => heard.toggle(node) }, state.open ? "Collapse" : "Expand"),
      );
    }
    buttons.push(
      element(
        "button",
        { type: "button", "aria-pressed": String(state.focused), click: () => heard.focus(node) },
        "Only its neighbours",
      ),
    );
    const rows = peers
      .slice(0, PEERS)
      .map(({ link, peer, out }) =>
        element(
          "li",
          {},
          element("span", { "aria-hidden": "true", class: "way" }, peer === node ? "↻" : out ? "→" : "←"),
          element(
            "button",
            { type: "button", class: "peer", click: () => heard.choose(peer) },
            element("span", { class: "visually-hidden" }, peer === node ? "within " : out ? "to " : "from "),
            isolated(peer.label),
          ),
          element(
            "button",
            { type: "button", class: "link", click: () => heard.choose(link) },
            bytes(link.octets + link.reverse),
            link.denied ? element("span", { class: "denied" }, `, ${count(link.denied)} denied`) : "",
            element("span", { class: "visually-hidden" }, `, connection ${out ? "to" : "from"} ${peer.label}`),
          ),
        ),
      );
    const more =
      peers.length > PEERS ? [element("p", {}, `And ${plural(peers.length - PEERS, "connection")} more.`)] : [];
    return [
      element("h3", {}, isolated(node.label)),
      element("p", { class: "kind" }, graph.kindOf(node)),
      ...(node.group ? [element("p", { class: "kind" }, "In ", isolated(node.group.label))] : []),
      ...(node.detail ? [element("p", { class: "labels" }, isolated(node.detail))] : []),
      list([
        ["Traffic, both directions", bytes(node.octets)],
        ["Flows", count(node.flows)],
        ["Denied flows", count(node.denied)],
      ]),
      element("p", { class: "buttons" }, ...buttons),
      element("h4", {}, `${plural(peers.length, "connection")} shown`),
      element("ul", { class: "peers" }, ...rows),
      ...more,
    ];
  }

  /**
   * @param {any} link
   * @param {{choose: (what: any) => void}} heard
   * @returns {Node[]}
   */
  function ofLink(link, heard) {
    /** @type {Map<string, {port: string, service: string, flows: number, octets: number, denied: number}>} */
    const ports = new Map();
    for (const edge of link.edges) {
      const key = `${edge.port} ${edge.service}`;
      const sum = ports.get(key) ?? { port: edge.port, service: edge.service, flows: 0, octets: 0, denied: 0 };
      sum.flows += edge.flows;
      sum.octets += edge.octets + edge.reverse;
      sum.denied += edge.denied;
      ports.set(key, sum);
    }
    const sorted = [...ports.values()].sort((a, b) => b.octets - a.octets || (a.port < b.port ? -1 : 1));
    const end = (/** @type {any} */ node) =>
      element("button", { type: "button", class: "peer", click: () => heard.choose(node) }, isolated(node.label));
    const row = (/** @type {any} */ sum) =>
      element(
        "tr",
        {},
        element("td", {}, isolated(sum.port), ...(sum.service ? [element("br"), isolated(sum.service)] : [])),
        element("td", {}, count(sum.flows)),
        element("td", {}, bytes(sum.octets)),
        element("td", {}, count(sum.denied)),
      );
    const head = ["Port and Service", "Flows", "Bytes", "Denied"].map((name) => element("th", { scope: "col" }, name));
    return [
      element("h3", {}, isolated(link.from.label), " → ", isolated(link.to.label)),
      element("p", { class: "kind" }, `Connection, ${plural(link.edges.length, "edge")}`),
      element("p", { class: "buttons" }, end(link.from), " → ", end(link.to)),
      list([
        ["Bytes sent", bytes(link.octets)],
        ["Bytes answered", bytes(link.reverse)],
        ["Flows", count(link.flows)],
        ["Denied flows", count(link.denied)],
        ["First seen", time(link.first)],
        ["Last seen", time(link.last)],
      ]),
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...head)),
        element("tbody", {}, ...sorted.slice(0, PORTS).map(row)),
      ),
      ...(sorted.length > PORTS ? [element("p", {}, `And ${plural(sorted.length - PORTS, "port")} more.`)] : []),
    ];
  }

  /** @returns {Node[]} what stands there while nothing is chosen */
  function ofNothing() {
    return [
      element("h3", {}, "Nothing chosen"),
      element(
        "p",
        {},
        "Choose a node or a connection, in the picture or in the list, to see its numbers and what it talks to.",
      ),
    ];
  }

  Object.assign(graph, { ofNode, ofLink, ofNothing });
})();
