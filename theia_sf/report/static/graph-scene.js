/*
 * The shapes of the graph, in the units of its layout: lines by look and nodes by kind, each a few paths, so that
 * thousands of lines are a few strokes. Shape and dash say what colour says, for those who do not see it.
 */
(function () {
  "use strict";

  const { graph } = window.theia;
  const LEVELS = 4; // widths of lines
  const WIDE = [Infinity, 400, 120, 30]; // lines of each at most: without a GPU a wide line costs ten hairlines
  const ARROWS = 1500; // lines with a head at most: more of them are a smear

  /**
   * @typedef {object} Line
   * @property {any} link
   * @property {number} x0
   * @property {number} y0
   * @property {number} cx the point that bends it: lines there and back do not cover each other
   * @property {number} cy
   * @property {number} x1
   * @property {number} y1
   * @property {number} level of its width, from 0
   */

  /**
   * @param {any} link
   * @param {any} from its place
   * @param {any} to
   * @param {number} level
   * @returns {Line}
   */
  function line(link, from, to, level) {
    if (from === to) {
      // traffic within a folded group: a loop at its upper right
      const r = from.radius;
      return {
        link,
        x0: from.x + r * 0.3,
        y0: from.y - r * 0.95,
        cx: from.x + r * 2.4,
        cy: from.y - r * 2.4,
        x1: from.x + r * 0.95,
        y1: from.y - r * 0.3,
        level,
      };
    }
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const distance = Math.hypot(dx, dy) || 1;
    const bend = Math.min(0.12 * distance, 40);
    const cx = (from.x + to.x) / 2 - (dy / distance) * bend;
    const cy = (from.y + to.y) / 2 + (dx / distance) * bend;
    const out = Math.hypot(cx - from.x, cy - from.y) || 1;
    const into = Math.hypot(cx - to.x, cy - to.y) || 1;
    return {
      link,
      x0: from.x + ((cx - from.x) / out) * from.radius,
      y0: from.y + ((cy - from.y) / out) * from.radius,
      cx,
      cy,
      x1: to.x + ((cx - to.x) / into) * (to.radius + 2),
      y1: to.y + ((cy - to.y) / into) * (to.radius + 2),
      level,
    };
  }

  /** @returns {Map<any, number>} the width of each link by its traffic, few wide ones among many */
  function levels(/** @type {any[]} */ links) {
    const octets = (/** @type {any} */ link) => link.octets + link.reverse;
    const sorted = [...links].sort((a, b) => octets(b) - octets(a));
    const most = Math.log1p(sorted.length ? octets(sorted[0]) : 1) || 1;
    return new Map(
      sorted.map((link, rank) => {
        let level = Math.min(LEVELS - 1, Math.floor((Math.log1p(octets(link)) / most) ** 3 * LEVELS));
        while (rank >= WIDE[level]) level -= 1;
        return [link, level];
      }),
    );
  }

  /** Add a line to a path. */
  function trace(/** @type {Path2D} */ path, /** @type {Line} */ one) {
    path.moveTo(one.x0, one.y0);
    path.quadraticCurveTo(one.cx, one.cy, one.x1, one.y1);
  }

  /** Add the head of a line to a path. */
  function head(/** @type {Path2D} */ path, /** @type {Line} */ one) {
    const length = Math.hypot(one.x1 - one.cx, one.y1 - one.cy) || 1;
    const size = 5 + 1.5 * one.level;
    const ux = ((one.x1 - one.cx) / length) * size;
    const uy = ((one.y1 - one.cy) / length) * size;
    path.moveTo(one.x1, one.y1);
    path.lineTo(one.x1 - ux - uy * 0.5, one.y1 - uy + ux * 0.5);
    path.lineTo(one.x1 - ux + uy * 0.5, one.y1 - uy - ux * 0.5);
    path.closePath();
  }

  /** Add the outline of a node to a path: round in the cluster, square outside, a diamond for what is neither. */
  function outline(/** @type {Path2D} */ path, /** @type {any} */ node, /** @type {any} */ at, more = 0) {
    const r = at.radius + more;
    if (node.kind === "external") path.rect(at.x - r * 0.88, at.y - r * 0.88, r * 1.76, r * 1.76);
    else if (node.kind === "outside") {
      path.moveTo(at.x, at.y - r * 1.15);
      path.lineTo(at.x + r * 1.15, at.y);
      path.lineTo(at.x, at.y + r * 1.15);
      path.lineTo(at.x - r * 1.15, at.y);
      path.closePath();
    } else {
      path.moveTo(at.x + r, at.y);
      path.arc(at.x, at.y, r, 0, 2 * Math.PI);
    }
  }

  /**
   * @param {{nodes: any[], links: any[]}} view
   * @param {{places: Map<any, any>, discs: Map<any, any>}} layout
   * @returns {any} the scene, to be painted at any zoom
   */
  function scene(view, layout) {
    const level = levels(view.links);
    const lines = view.links.map((link) =>
      line(link, layout.places.get(link.from), layout.places.get(link.to), level.get(link) ?? 0),
    );
    const strokes = [false, true].flatMap((denied) =>
      Array.from({ length: LEVELS }, (_, level) => ({ level, denied })),
    );
    const looks = strokes.map((look) => {
      const own = lines.filter((one) => one.level === look.level && one.link.denied > 0 === look.denied);
      const path = new Path2D();
      const heads = new Path2D();
      for (const one of own) {
        trace(path, one);
        if (lines.length <= ARROWS) head(heads, one);
      }
      return { ...look, path, heads, count: own.length };
    });
    const kinds = ["namespace", "workload", "system", "external", "outside"].map((kind) => {
      const path = new Path2D();
      for (const node of view.nodes) {
        if ((node.system ? "system" : node.kind) !== kind) continue;
        outline(path, node, layout.places.get(node));
      }
      return { kind, path };
    });
    return { ...view, ...layout, lines, looks: looks.filter((look) => look.count), kinds };
  }

  Object.assign(graph, { scene, trace, head, outline });
})();
