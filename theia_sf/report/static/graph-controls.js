/*
 * What stands around the picture: filters, zoom buttons, the legend and the help.
 */
(function () {
  "use strict";

  const { element, graph } = window.theia;
  const LEAST = [
    [0, "Any amount"],
    [1e3, "1 kB or more"],
    [1e6, "1 MB or more"],
    [1e8, "100 MB or more"],
    [1e9, "1 GB or more"],
    [1e11, "100 GB or more"],
  ];
  const KEYS = [
    ["Arrow keys", "go to the next node that way; in the list, up and down it"],
    ["Enter", "open or close a group; show a workload with its neighbours only"],
    ["F", "show the chosen node with its neighbours only, or all again"],
    ["Escape", "go back: all nodes again, the group of a workload, nothing chosen"],
    ["+ − 0", "zoom in, out, show everything"],
    ["Shift and arrow keys", "move the picture"],
  ];

  /** @returns {HTMLElement} a control with its label */
  function field(/** @type {string} */ name, /** @type {HTMLElement} */ control) {
    return element(
      "label",
      { class: "field" },
      ...(control.matches("[type=checkbox]") ? [control, name] : [element("span", {}, name), control]),
    );
  }

  /**
   * @param {string[]} clusters
   * @param {boolean} system whether there are namespaces of Kubernetes itself
   * @param {(change: any) => void} change hears what of the choice is new
   * @param {(open: boolean) => void} all opens or closes every group
   * @returns {{top: HTMLElement, reset: () => void}}
   */
  function filters(clusters, system, change, all) {
    const options = (/** @type {any[][]} */ pairs) => pairs.map(([value, text]) => element("option", { value }, text));
    const cluster = element(
      "select",
      {},
      ...options([[-1, "All clusters"], ...clusters.map((uuid, index) => [index, uuid])]),
    );
    cluster.addEventListener("change", () => change({ cluster: Number(cluster.value) }));
    const least = element("select", {}, ...options(LEAST));
    least.addEventListener("change", () => change({ minimum: Number(least.value) }));
    const denied = element("input", { type: "checkbox" });
    denied.addEventListener("change", () => change({ deniedOnly: denied.checked }));
    const hidden = element("input", { type: "checkbox" });
    hidden.addEventListener("change", () => change({ hideSystem: hidden.checked }));
    const top = element(
      "div",
      { class: "graph-controls", role: "group", "aria-label": "Filters of the graph" },
      ...(clusters.length > 1 ? [field("Cluster", cluster)] : []),
      field("Connections of", least),
      field("Denied only", denied),
      ...(system ? [field("Hide kube-system", hidden)] : []),
      element(
        "span",
        { class: "buttons" },
        element("button", { type: "button", click: () => all(true) }, "Expand all"),
        element("button", { type: "button", click: () => all(false) }, "Collapse all"),
      ),
    );
    const reset = () => {
      cluster.value = "-1";
      least.value = "0";
      denied.checked = hidden.checked = false;
    };
    return { top, reset };
  }

  /** @returns {HTMLElement} the buttons over the picture */
  function zoom(/** @type {any} */ canvas) {
    const button = (/** @type {string} */ sign, /** @type {string} */ name, /** @type {() => void} */ click) =>
      element("button", { type: "button", "aria-label": name, title: name, click }, sign);
    return element(
      "div",
      { class: "graph-zoom", role: "group", "aria-label": "Zoom" },
      button("+", "Zoom in", () => canvas.zoom(1.4)),
      button("−", "Zoom out", () => canvas.zoom(1 / 1.4)),
      button("⤢", "Show everything", () => canvas.fit()),
    );
  }

  /** @returns {HTMLElement} */
  function legend() {
    const names = [
      ["namespace", "Namespace"],
      ["workload", "Workload"],
      ["external", "External"],
      ["outside", "All other addresses"],
      ["edge", "Traffic, wider for more"],
      ["denied", "With denied flows"],
    ];
    return element(
      "ul",
      { class: "graph-legend", "aria-label": "Legend" },
      ...names.map(([kind, name]) => element("li", { class: `is-${kind}` }, name)),
    );
  }

  /** @returns {HTMLElement} */
  function help() {
    const rows = KEYS.map(([keys, what]) =>
      element("div", {}, element("dt", {}, element("kbd", {}, keys)), element("dd", {}, what)),
    );
    return element(
      "details",
      { class: "graph-help" },
      element("summary", {}, "Keys and pointer"),
      element("dl", {}, ...rows),
      element(
        "p",
        {},
        "By pointer: drag to move, press to choose, press twice to open or close a group. The wheel zooms once the picture was pressed, or with Ctrl.",
      ),
    );
  }

  Object.assign(graph, { filters, help, legend, zoom });
})();
