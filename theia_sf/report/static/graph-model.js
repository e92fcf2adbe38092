/*
 * What the graph is of: workloads, the groups they are in (a namespace of a cluster, the external peers, other ends),
 * and what of it is shown once groups are folded, filters set or one node is in focus. Knows nothing of pixels.
 */
(function () {
  "use strict";

  const { plural, readable } = window.theia;
  const SYSTEM = new Set(["kube-system", "kube-public", "kube-node-lease"]);

  const RIGHT_TO_LEFT = /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;

  /**
   * @typedef {object} Node
   * @property {string} id
   * @property {"namespace" | "external" | "outside" | "workload"} kind of a group, or of an end in one
   * @property {string} label as it is shown
   * @property {string} detail labels of a workload, the cluster of a group
   * @property {Node | null} group of a workload
   * @property {Node[]} members of a group
   * @property {number} cluster index
   * @property {boolean} system whether it is in a namespace of Kubernetes itself
   * @property {string} words what the search looks through
   * @property {number} octets both directions, of the flows from and to it
   * @property {number} flows
   * @property {number} denied
   */

  /**
   * @typedef {object} Edge
   * @property {Node} from
   * @property {Node} to
   * @property {string} port "TCP/8080"
   * @property {string} service
   * @property {number} flows
   * @property {number} octets
   * @property {number} reverse octets of the answers
   * @property {number} denied flows
   * @property {number} first seconds since the epoch
   * @property {number} last
   */

  /**
   * @typedef {object} Link edges between the same two shown nodes
   * @property {string} id
   * @property {Node} from
   * @property {Node} to
   * @property {number} flows
   * @property {number} octets
   * @property {number} reverse
   * @property {number} denied
   * @property {number} first
   * @property {number} last
   * @property {Edge[]} edges
   */

  /**
   * @param {any} data the payload "data-graph"
   * @returns {{groups: Node[], workloads: Node[], edges: Edge[], clusters: string[], byId: Map<string, Node>,
   *     omitted: any}}
   */
  function read(data) {
    const clusters = data.clusters.map(readable);
    const several = clusters.length > 1;
    /** @type {Map<string, Node>} */
    const byId = new Map();

    /** @returns {Node} */
    function node(/** @type {Partial<Node>} */ some) {
      const whole = /** @type {Node} */ ({ group: null, members: [], octets: 0, flows: 0, denied: 0, ...some });
      whole.words = `${whole.label} ${whole.detail}`.toLowerCase();
      byId.set(whole.id, whole);
      return whole;
    }

    function groupOf(/** @type {number} */ cluster, /** @type {number} */ namespace) {
      const id = `group:${cluster}:${namespace}`;
      const found = byId.get(id);
      if (found) return found;
      const name = namespace >= 0 ? readable(data.namespaces[namespace]) : "External peers";
      return node({
        id,
        kind: namespace >= 0 ? "namespace" : "external",
        // the mark keeps what follows on the right of a name that is read from the right
        label: several
          ? `${name}${RIGHT_TO_LEFT.test(name) ? "\u200e" : ""} (${clusters[cluster]?.slice(0, 8)})`
          : name,
        detail: several ? `Cluster ${clusters[cluster]}` : "",
        cluster,
        system: namespace >= 0 && SYSTEM.has(name),
      });
    }

    const workloads = data.workloads.map(
      (/** @type {any[]} */ [cluster, namespace, name, labels, kind], /** @type {number} */ index) => {
        const group = groupOf(cluster, namespace);
        const made = node({
          id: `end:${index}`,
          kind,
          label: readable(name),
          detail: readable(labels ?? ""),
          group,
          cluster,
          system: group.system,
        });
        group.members.push(made);
        return made;
      },
    );

    const edges = data.edges.map(
      (/** @type {any[]} */ [from, to, port, service, flows, octets, reverse, denied, first, last]) => ({
        from: workloads[from],
        to: workloads[to],
        port: readable(port),
        service: readable(service ?? ""),
        flows,
        octets,
        reverse,
        denied,
        first,
        last,
      }),
    );
    for (const edge of edges) {
      for (const end of new Set([edge.from, edge.to, edge.from.group, edge.to.group])) add(end, edge);
    }
    const groups = [...byId.values()].filter((one) => !one.group);
    const heaviest = (/** @type {Node} */ a, /** @type {Node} */ b) => b.octets - a.octets || (a.id < b.id ? -1 : 1);
    groups.sort(heaviest);
    for (const group of groups) group.members.sort(heaviest);
    return { groups, workloads, edges, clusters, byId, omitted: data.omitted ?? {} };
  }

  /** Add an edge's numbers to a node's or a link's. */
  function add(/** @type {any} */ sum, /** @type {any} */ edge) {
    sum.octets += "reverse" in sum ? edge.octets : edge.octets + edge.reverse;
    sum.flows += edge.flows;
    sum.denied += edge.denied;
  }

  /**
   * @typedef {object} Choice what the reader set
   * @property {Set<string>} expanded ids of groups
   * @property {string | null} focus id of the node whose neighbours alone are shown
   * @property {boolean} deniedOnly
   * @property {number} minimum octets of a shown link, both directions
   * @property {boolean} hideSystem
   * @property {number} cluster index, -1 for all
   */

  /**
   * @param {ReturnType<typeof read>} model
   * @param {Choice} choice
   * @returns {{nodes: Node[], links: Link[], groups: Node[], edges: number}} groups: those that have a node shown
   */
  function view(model, choice) {
    const shown = (/** @type {Node} */ end) =>
      choice.expanded.has(/** @type {Node} */ (end.group).id) ? end : /** @type {Node} */ (end.group);
    const passes = (/** @type {Node} */ node) =>
      (choice.cluster < 0 || node.cluster === choice.cluster) && !(choice.hideSystem && node.system);
    /** @type {Map<Node, Map<Node, Link>>} */
    const found = new Map();
    for (const edge of model.edges) {
      if (choice.deniedOnly && !edge.denied) continue;
      if (!passes(edge.from) || !passes(edge.to)) continue;
      const from = shown(edge.from);
      const to = shown(edge.to);
      let targets = found.get(from);
      if (!targets) found.set(from, (targets = new Map()));
      let link = targets.get(to);
      if (!link) {
        link = {
          id: `${from.id}>${to.id}`,
          from,
          to,
          flows: 0,
          octets: 0,
          reverse: 0,
          denied: 0,
          first: edge.first,
          last: edge.last,
          edges: [],
        };
        targets.set(to, link);
      }
      add(link, edge);
      link.reverse += edge.reverse;
      link.first = Math.min(link.first, edge.first);
      link.last = Math.max(link.last, edge.last);
      link.edges.push(edge);
    }
    let links = [...found.values()].flatMap((targets) => [...targets.values()]);
    if (choice.minimum > 0) links = links.filter((link) => link.octets + link.reverse >= choice.minimum);
    const focus = choice.focus ? model.byId.get(choice.focus) : null;
    if (focus) {
      const own = (/** @type {Node} */ node) => node === focus || node.group === focus || node === focus.group;
      const within =
        focus.group && choice.expanded.has(focus.group.id) ? (/** @type {Node} */ node) => node === focus : own;
      links = links.filter((link) => within(link.from) || within(link.to));
    }
    const nodes = new Set(links.flatMap((link) => [link.from, link.to]));
    if (focus) nodes.add(shownNode(focus, choice));
    else if (!choice.deniedOnly && choice.minimum <= 0) {
      for (const group of model.groups) {
        if (passes(group) && !choice.expanded.has(group.id)) nodes.add(group);
      }
    }
    const groups = new Set([...nodes].map((node) => node.group ?? node));
    return {
      nodes: [...nodes],
      links,
      groups: model.groups.filter((group) => groups.has(group)),
      edges: links.reduce((sum, link) => sum + link.edges.length, 0),
    };
  }

  /** @returns {Node} the node that stands for one: its group while that is folded, itself else */
  function shownNode(/** @type {Node} */ node, /** @type {Choice} */ choice) {
    return node.group && !choice.expanded.has(node.group.id) ? node.group : node;
  }

  /** @returns {string} what kind of thing a node is, for its panel and its line in the tree */
  function kindOf(/** @type {Node} */ node) {
    if (!node.group) {
      const unit = node.kind === "namespace" ? "workload" : "address";
      const many = unit === "address" ? "addresses" : undefined;
      const what = node.kind === "namespace" ? "Namespace" : "Group";
      return `${what}, ${plural(node.members.length, unit, many)}`;
    }
    return (
      { workload: "Workload", external: "External peer", outside: "All other addresses", namespace: "" }[node.kind] ??
      ""
    );
  }

  window.theia.graph = { read, view, shownNode, kindOf };
})();
