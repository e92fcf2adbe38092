/*
 * The window on the graph: camera, pointer, what is under it. The picture is painted larger than the window and moved
 * by the browser while the reader pans and zooms; it is painted anew when the motion rests or leaves its border.
 */
(function () {
  "use strict";

  const { element, graph, theme } = window.theia;
  const MARGIN = 0.25; // of the window, painted beyond each side
  const REST = 140; // ms without motion
  const SCALES = [0.02, 6];
  const NEAR = 6; // px that the pointer may miss by

  /**
   * @param {HTMLElement} holder
   * @param {{pick: (what: any, twice: boolean) => void, hover: (what: any, x: number, y: number) => void}} heard
   */
  function canvas(holder, heard) {
    const base = element("canvas", { class: "graph-base", "aria-hidden": "true" });
    const top = element("canvas", { class: "graph-top", tabindex: "0", role: "application" });
    holder.prepend(base, top);
    const baseContext = base.getContext("2d");
    const topContext = top.getContext("2d");
    const camera = { x: 0, y: 0, scale: 1 };
    /** the camera that the picture was painted for */
    let painted = { x: 0, y: 0, scale: 0 };
    let size = { width: 0, height: 0, ratio: 1 };
    let colour = graph.palette();
    /** @type {any} */
    let scene = null;
    /** @type {{chosen: any, hovered: any, found: Set<any>}} */
    let marks = { chosen: null, hovered: null, found: new Set() };
    let frame = 0;
    let rest = 0;

    function larger() {
      return {
        width: Math.ceil(size.width * (1 + 2 * MARGIN)),
        height: Math.ceil(size.height * (1 + 2 * MARGIN)),
        ratio: size.ratio,
      };
    }

    function resize(width = holder.clientWidth, height = holder.clientHeight) {
      if (!width || !height) return;
      size = { width, height, ratio: Math.min(2, window.devicePixelRatio || 1) };
      for (const [one, own] of /** @type {[any, any][]} */ ([
        [base, larger()],
        [top, size],
      ])) {
        one.width = own.width * own.ratio;
        one.height = own.height * own.ratio;
        one.style.width = `${own.width}px`;
        one.style.height = `${own.height}px`;
      }
      painted.scale = 0;
    }

    function paintBase() {
      window.clearTimeout(rest);
      rest = 0;
      graph.paint(baseContext, scene, colour, camera, larger());
      painted = { ...camera };
    }

    /** Show the painted picture where the camera now is. @returns {boolean} whether it still covers the window */
    function moveBase() {
      const k = camera.scale / painted.scale;
      const own = larger();
      const x = (painted.x - camera.x) * camera.scale + size.width / 2 - (own.width / 2) * k;
      const y = (painted.y - camera.y) * camera.scale + size.height / 2 - (own.height / 2) * k;
      base.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
      const covers = x <= 0 && y <= 0 && x + own.width * k >= size.width && y + own.height * k >= size.height;
      return covers && k < 1.8;
    }

    function draw() {
      frame = 0;
      if (!scene || !size.width) return;
      if (!painted.scale) paintBase();
      if (!moveBase()) {
        paintBase();
        moveBase();
      } else if (painted.scale !== camera.scale || painted.x !== camera.x || painted.y !== camera.y) {
        window.clearTimeout(rest);
        rest = window.setTimeout(() => ((painted.scale = 0), request()), REST);
      }
      base.style.opacity = marks.chosen ? "0.35" : "1";
      graph.paintMarks(topContext, scene, colour, camera, size, marks);
    }

    function request() {
      if (!frame) frame = requestAnimationFrame(draw);
    }

    /** @returns {{x: number, y: number}} in the world */
    function world(/** @type {number} */ x, /** @type {number} */ y) {
      return { x: camera.x + (x - size.width / 2) / camera.scale, y: camera.y + (y - size.height / 2) / camera.scale };
    }

    /** @returns {any} the node, link or open group at a point of the window */
    function under(/** @type {number} */ sx, /** @type {number} */ sy) {
      if (!scene) return null;
      const { x, y } = world(sx, sy);
      const near = NEAR / camera.scale;
      let best = null;
      let least = Infinity;
      for (const [node, at] of scene.places) {
        const distance = Math.hypot(at.x - x, at.y - y) - at.radius;
        if (distance < near && distance < least) [best, least] = [node, distance];
      }
      if (best) return best;
      least = near;
      for (const one of scene.lines) {
        const distance = away(one, x, y, least);
        if (distance < least) [best, least] = [one.link, distance];
      }
      if (best) return best;
      for (const [group, at] of scene.discs) if (Math.hypot(at.x - x, at.y - y) < at.radius) return group;
      return null;
    }

    const api = {
      top,
      size: () => size,
      /** Show a scene; the camera stays. */
      show(/** @type {any} */ next) {
        scene = next;
        painted.scale = 0;
        request();
      },
      mark(/** @type {any} */ next) {
        marks = { ...marks, ...next };
        request();
      },
      pan(/** @type {number} */ dx, /** @type {number} */ dy) {
        camera.x -= dx / camera.scale;
        camera.y -= dy / camera.scale;
        request();
      },
      zoom(/** @type {number} */ factor, x = size.width / 2, y = size.height / 2) {
        const before = world(x, y);
        camera.scale = Math.min(SCALES[1], Math.max(SCALES[0], camera.scale * factor));
        const after = world(x, y);
        camera.x += before.x - after.x;
        camera.y += before.y - after.y;
        request();
      },
      /** Show everything, not larger than life. */
      fit() {
        const places = [...scene.places.values(), ...scene.discs.values()];
        if (!places.length || !size.width) return;
        const [left, right, up, down] = bounds(places);
        camera.x = (left + right) / 2;
        camera.y = (up + down) / 2;
        camera.scale = Math.max(
          SCALES[0],
          Math.min(
            1.6,
            (size.width - Math.min(160, size.width / 4)) / (right - left),
            (size.height - 70) / (down - up),
          ),
        );
        request();
      },
      /** Bring a node into the window, if it is not there. */
      reveal(/** @type {any} */ node) {
        const at = scene.places.get(node) ?? scene.discs.get(node);
        if (!at) return;
        const [x, y] = api.where(node);
        const inside = x > 40 && y > 40 && x < size.width - 40 && y < size.height - 40;
        if (!inside) [camera.x, camera.y] = [at.x, at.y];
        request();
      },
      /** @returns {number[]} where a node is in the window */
      where(/** @type {any} */ node) {
        const at = scene.places.get(node) ?? scene.discs.get(node);
        return at
          ? [(at.x - camera.x) * camera.scale + size.width / 2, (at.y - camera.y) * camera.scale + size.height / 2]
          : [];
      },
      /** @returns {any} the nearest node that way from another */
      towards(/** @type {any} */ from, /** @type {number} */ dx, /** @type {number} */ dy) {
        const here = scene.places.get(from) ?? scene.discs.get(from);
        let best = null;
        let least = Infinity;
        for (const [node, at] of scene.places) {
          const along = (at.x - here.x) * dx + (at.y - here.y) * dy;
          const beside = Math.abs((at.x - here.x) * dy - (at.y - here.y) * dx);
          if (node === from || along <= 0 || beside > along * 2) continue;
          const cost = along + 2 * beside;
          if (cost < least) [best, least] = [node, cost];
        }
        return best;
      },
    };

    pointer(top, api, heard, under);
    new ResizeObserver(() => {
      if (theme.isPrinting()) return;
      const first = !size.width;
      resize();
      if (first && scene) api.fit();
      request();
    }).observe(holder);
    theme.onChange(() => {
      colour = graph.palette();
      painted.scale = 0;
      if (!theme.isPrinting()) resize();
      request();
    });
    /** Paper is narrower: the picture is painted for its width, at once, since printing waits for no frame. */
    window.addEventListener("beforeprint", () => {
      colour = graph.palette();
      const kept = { ...camera };
      resize(660, 440);
      api.fit();
      draw();
      window.addEventListener("afterprint", () => (Object.assign(camera, kept), resize(), request()), { once: true });
    });
    resize();
    return api;
  }

  /** @returns {number} how far a point is from a line, Infinity if farther than it need be known */
  function away(/** @type {any} */ one, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ limit) {
    if (x < Math.min(one.x0, one.cx, one.x1) - limit || x > Math.max(one.x0, one.cx, one.x1) + limit) return Infinity;
    if (y < Math.min(one.y0, one.cy, one.y1) - limit || y > Math.max(one.y0, one.cy, one.y1) + limit) return Infinity;
    let least = Infinity;
    let [px, py] = [one.x0, one.y0];
    for (let step = 1; step <= 8; step += 1) {
      const t = step / 8;
      const qx = (1 - t) * (1 - t) * one.x0 + 2 * t * (1 - t) * one.cx + t * t * one.x1;
      const qy = (1 - t) * (1 - t) * one.y0 + 2 * t * (1 - t) * one.cy + t * t * one.y1;
      const [ex, ey] = [qx - px, qy - py];
      const along = Math.min(1, Math.max(0, ((x - px) * ex + (y - py) * ey) / (ex * ex + ey * ey || 1)));
      least = Math.min(least, Math.hypot(px + along * ex - x, py + along * ey - y));
      [px, py] = [qx, qy];
    }
    return least;
  }

  /** @returns {number[]} left, right, top and bottom of places */
  function bounds(/** @type {any[]} */ places) {
    let [left, right, up, down] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x, y, radius } of places) {
      left = Math.min(left, x - radius);
      right = Math.max(right, x + radius);
      up = Math.min(up, y - radius);
      down = Math.max(down, y + radius);
    }
    return [left, right, up, down];
  }

  /** Drag to pan, wheel or two fingers to zoom, press to choose, press twice to open. */
  function pointer(/** @type {any} */ top, /** @type {any} */ api, /** @type {any} */ heard, /** @type {any} */ under) {
    /** @type {Map<number, {x: number, y: number}>} */
    const down = new Map();
    let moved = 0;
    const spread = () => {
      const [a, b] = [...down.values()];
      return Math.hypot(a.x - b.x, a.y - b.y) || 1;
    };
    top.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      top.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      moved = 0;
    });
    top.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      const before = down.get(event.pointerId);
      if (!before) return heard.hover(under(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
      const gap = down.size === 2 ? spread() : 0;
      const [dx, dy] = [event.offsetX - before.x, event.offsetY - before.y];
      moved += Math.abs(dx) + Math.abs(dy);
      down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      if (gap) api.zoom(spread() / gap, event.offsetX, event.offsetY);
      else if (moved > 3) api.pan(dx, dy);
      heard.hover(null, 0, 0);
    });
    const up = (/** @type {PointerEvent} */ event) => {
      if (!down.delete(event.pointerId) || event.type !== "pointerup" || moved > 3) return;
      heard.pick(under(event.offsetX, event.offsetY), false);
    };
    for (const type of ["pointerup", "pointercancel"]) top.addEventListener(type, up);
    top.addEventListener("pointerleave", () => heard.hover(null, 0, 0));
    top.addEventListener("dblclick", (/** @type {MouseEvent} */ event) =>
      heard.pick(under(event.offsetX, event.offsetY), true),
    );
    top.addEventListener(
      "wheel",
      (/** @type {WheelEvent} */ event) => {
        // the page scrolls on until the graph was pressed: a wheel that is caught in passing annoys
        if (!event.ctrlKey && document.activeElement !== top) return;
        event.preventDefault();
        api.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.offsetX, event.offsetY);
      },
      { passive: false },
    );
  }

  window.theia.graph.canvas = canvas;
})();
