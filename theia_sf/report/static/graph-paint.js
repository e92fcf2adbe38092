/*
 * The picture of the graph on a 2D canvas, and what is marked in it.
 */
(function () {
  "use strict";

  const { graph, shorten, theme } = window.theia;
  const { head, outline, trace } = graph;
  const WIDTHS = [0.8, 1.3, 2.2, 3.8]; // px of a line by its level
  const FAINT = [0.35, 0.5, 0.65, 0.8]; // and how much it covers of what is below
  const LABELS = 160;
  const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

  /** @returns {Record<string, string>} the colours of the theme */
  function palette() {
    return theme.colours([
      "surface",
      "raised",
      "text",
      "muted",
      "line",
      "accent",
      "denied",
      "node",
      "node-inner",
      "node-system",
      "node-external",
      "node-outside",
      "edge",
    ]);
  }

  const FILLS = {
    namespace: "node",
    workload: "node-inner",
    system: "node-system",
    external: "node-external",
    outside: "node-outside",
  };

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {any} what the scene
   * @param {Record<string, string>} colour
   * @param {any} camera {x, y, scale}: what stands in the middle
   * @param {{width: number, height: number, ratio: number}} size in CSS pixels
   */
  function paint(context, what, colour, camera, size) {
    begin(context, camera, size);
    const px = 1 / camera.scale;
    const cover = Math.min(1, Math.max(0.3, Math.sqrt(500 / (what.lines.length + 1)))); // of many lines each less
    for (const disc of what.discs.values()) {
      context.beginPath();
      context.arc(disc.x, disc.y, disc.radius, 0, 2 * Math.PI);
      context.fillStyle = colour.raised;
      context.fill();
      context.strokeStyle = colour.line;
      context.lineWidth = px;
      context.stroke();
    }
    for (const look of what.looks) {
      context.strokeStyle = context.fillStyle = look.denied ? colour.denied : colour.edge;
      context.globalAlpha = look.denied ? Math.sqrt(cover) : FAINT[look.level] * cover;
      context.lineWidth = WIDTHS[look.level] * px;
      context.setLineDash(look.denied ? [5 * px, 4 * px] : []);
      context.stroke(look.path);
      context.fill(look.heads);
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
    for (const { kind, path } of what.kinds) {
      context.lineWidth = Math.min(2, 4 * camera.scale) * px;
      context.fillStyle = colour[/** @type {any} */ (FILLS)[kind]];
      context.strokeStyle = colour.surface;
      context.fill(path);
      context.stroke(path);
    }
    labels(context, what, colour, camera, size);
  }

  /** Clear a canvas and make its units those of the world. */
  function begin(/** @type {CanvasRenderingContext2D} */ context, /** @type {any} */ camera, /** @type {any} */ size) {
    context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const scale = size.ratio * camera.scale;
    context.setTransform(
      scale,
      0,
      0,
      scale,
      size.ratio * (size.width / 2 - camera.x * camera.scale),
      size.ratio * (size.height / 2 - camera.y * camera.scale),
    );
  }

  /** Write the names that have room: of groups first, of members where they are large enough to be looked at. */
  function labels(
    /** @type {CanvasRenderingContext2D} */ context,
    /** @type {any} */ what,
    /** @type {any} */ colour,
    /** @type {any} */ camera,
    /** @type {any} */ size,
  ) {
    const wanted = [];
    for (const [group, disc] of what.discs)
      wanted.push({ node: group, x: disc.x, y: disc.y - disc.radius, above: true, weight: 1e6 + disc.radius });
    for (const node of what.nodes) {
      const at = what.places.get(node);
      if (node.group && at.radius * camera.scale < 6) continue;
      wanted.push({ node, x: at.x, y: at.y + at.radius, above: false, weight: (node.group ? 0 : 1e3) + at.radius });
    }
    wanted.sort((a, b) => b.weight - a.weight);
    write(context, wanted, colour, camera, size, LABELS);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {any[]} wanted {node, x, y, above}, the most important first
   * @param {any} colour
   * @param {any} camera
   * @param {any} size
   * @param {number} limit
   */
  function write(context, wanted, colour, camera, size, limit) {
    context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.direction = "ltr";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = colour.surface;
    context.fillStyle = colour.text;
    /** @type {{x: number, y: number, half: number}[]} */
    const taken = [];
    for (const { node, x, y, above } of wanted) {
      if (taken.length >= limit) break;
      const sx = (x - camera.x) * camera.scale + size.width / 2;
      const sy = (y - camera.y) * camera.scale + size.height / 2 + (above ? -17 : 4);
      if (sx < -80 || sx > size.width + 80 || sy < -20 || sy > size.height + 20) continue;
      const text = shorten(node.label, 26);
      const half = context.measureText(text).width / 2 + 3;
      if (taken.some((other) => Math.abs(other.x - sx) < other.half + half && Math.abs(other.y - sy) < 15)) continue;
      taken.push({ x: sx, y: sy, half });
      context.strokeText(text, sx, sy);
      context.fillText(text, sx, sy);
    }
  }

  /**
   * Paint what is marked: a node with all that it talks to, or one line with its ends.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {any} what the scene
   * @param {Record<string, string>} colour
   * @param {any} camera
   * @param {any} size
   * @param {{chosen: any, hovered: any, found: Set<any>}} marks nodes or links
   */
  function paintMarks(context, what, colour, camera, size, marks) {
    begin(context, camera, size);
    const px = 1 / camera.scale;
    const names = [];
    for (const node of marks.found) {
      const at = what.places.get(node);
      if (at) ring(context, node, at, colour.accent, 2 * px, 4 * px);
    }
    for (const mark of new Set([marks.hovered, marks.chosen])) {
      if (!mark) continue;
      // a connection of an open group is of several lines, those that its edges are in
      const edges = mark.edges ? new Set(mark.edges) : null;
      const own = what.lines.filter((/** @type {any} */ { link }) =>
        edges
          ? link.edges.some((/** @type {any} */ edge) => edges.has(edge))
          : touches(link.from, mark) || touches(link.to, mark),
      );
      for (const denied of [false, true]) {
        const [path, heads] = [new Path2D(), new Path2D()];
        for (const one of own) {
          if (one.link.denied > 0 !== denied) continue;
          trace(path, one);
          head(heads, one);
        }
        context.strokeStyle = context.fillStyle = denied ? colour.denied : colour.accent;
        context.lineWidth = 2 * px;
        context.setLineDash(denied ? [6 * px, 4 * px] : []);
        context.stroke(path);
        context.fill(heads);
      }
      context.setLineDash([]);
      const ends = new Set(own.flatMap((/** @type {any} */ one) => [one.link.from, one.link.to]));
      for (const node of ends.add(mark)) {
        const at = what.places.get(node);
        if (!at) continue;
        const path = new Path2D();
        outline(path, node, at);
        context.fillStyle = colour[/** @type {any} */ (FILLS)[node.system ? "system" : node.kind]];
        context.fill(path);
        names.push({ node, x: at.x, y: at.y + at.radius, above: false, weight: node === mark ? 1e9 : at.radius });
      }
      const at = what.places.get(mark) ?? what.discs.get(mark);
      if (at) ring(context, what.discs.has(mark) ? { kind: "namespace" } : mark, at, colour.accent, 3 * px, 4 * px);
      if (what.discs.has(mark)) names.push({ node: mark, x: at.x, y: at.y - at.radius, above: true, weight: 1e9 });
    }
    names.sort((a, b) => b.weight - a.weight);
    write(context, names, colour, camera, size, 60);
  }

  /** @returns {boolean} whether a node is the marked one or in the marked group */
  function touches(/** @type {any} */ node, /** @type {any} */ mark) {
    return node === mark || node.group === mark;
  }

  /** Draw a ring around a node. */
  function ring(
    /** @type {CanvasRenderingContext2D} */ context,
    /** @type {any} */ node,
    /** @type {any} */ at,
    /** @type {string} */ colour,
    /** @type {number} */ width,
    /** @type {number} */ away,
  ) {
    const path = new Path2D();
    outline(path, node, at, away);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
  }

  Object.assign(graph, { palette, paint, paintMarks });
})();
