/*
 * Where the nodes stand. The same data gives the same picture: nothing is random. Groups repel each other and are
 * drawn together by traffic, once; an opened group is a disc of its members, and the others make room for it.
 */
(function () {
  "use strict";

  const STEPS = 300;
  const PAIRS = 12_000_000; // bound on the work of both loops, about a tenth of a second
  const GOLDEN = Math.PI * (3 - Math.sqrt(5));
  const GAP = 34; // between groups: their names stand below them

  /** @typedef {{x: number, y: number}} Point */

  /**
   * @param {any[]} nodes groups, heaviest first
   * @param {any[]} links between them
   * @returns {Map<any, Point>}
   */
  function forces(nodes, links) {
    const count = nodes.length;
    const x = new Float64Array(count);
    const y = new Float64Array(count);
    const dx = new Float64Array(count);
    const dy = new Float64Array(count);
    const near = 170; // wanted distance of two groups that talk
    const far = 3 * near; // what is farther does not push: clusters that share no traffic stay in sight of each other
    // a spiral for each cluster, the heaviest group in its middle; clusters side by side, windows are wider than high
    const clusters = [...new Set(nodes.map((node) => node.cluster))].sort((a, b) => a - b);
    const columns = Math.ceil(Math.sqrt(clusters.length * 1.6));
    const apart = near * 2 * Math.sqrt(count / clusters.length);
    nodes.forEach((node, i) => {
      const cluster = clusters.indexOf(node.cluster);
      const out = near * 0.8 * Math.sqrt(i / clusters.length + 0.5);
      x[i] = (cluster % columns) * apart + out * Math.cos(i * GOLDEN);
      y[i] = Math.floor(cluster / columns) * apart + out * Math.sin(i * GOLDEN);
    });
    const middle = { x: mean(x), y: mean(y) };
    const index = new Map(nodes.map((node, i) => [node, i]));
    const most = Math.log1p(Math.max(1, ...links.map((link) => link.octets + link.reverse)));
    const pulls = links
      .filter((link) => link.from !== link.to)
      .map((link) => ({
        a: index.get(link.from) ?? 0,
        b: index.get(link.to) ?? 0,
        weight: 0.15 + 0.6 * (Math.log1p(link.octets + link.reverse) / most) ** 2,
      }));
    const degree = new Float64Array(count).fill(1);
    for (const { a, b } of pulls) {
      degree[a] += 1;
      degree[b] += 1;
    }
    const steps = Math.max(10, Math.min(STEPS, Math.floor(PAIRS / (count * count + 1))));
    for (let step = 0; step < steps; step += 1) {
      const reach = near * (1 - step / steps) * 0.6 + 1;
      dx.fill(0);
      dy.fill(0);
      for (let i = 0; i < count; i += 1) {
        for (let j = i + 1; j < count; j += 1) {
          const ex = x[i] - x[j];
          const ey = y[i] - y[j];
          const square = ex * ex + ey * ey;
          if (square > far * far) continue;
          const force = (near * near) / (square + 1);
          dx[i] += ex * force;
          dy[i] += ey * force;
          dx[j] -= ex * force;
          dy[j] -= ey * force;
        }
        dx[i] -= (x[i] - middle.x) * 0.12;
        dy[i] -= (y[i] - middle.y) * 0.2;
      }
      for (const { a, b, weight } of pulls) {
        const ex = x[a] - x[b];
        const ey = y[a] - y[b];
        const force = (weight * Math.sqrt(ex * ex + ey * ey)) / near / Math.sqrt(Math.min(degree[a], degree[b]));
        dx[a] -= ex * force;
        dy[a] -= ey * force;
        dx[b] += ex * force;
        dy[b] += ey * force;
      }
      for (let i = 0; i < count; i += 1) {
        const length = Math.hypot(dx[i], dy[i]) || 1;
        const move = Math.min(length, reach) / length;
        x[i] += dx[i] * move;
        y[i] += dy[i] * move;
      }
    }
    return new Map(nodes.map((node, i) => [node, { x: x[i], y: y[i] }]));
  }

  /** @returns {number} */
  function mean(/** @type {Float64Array} */ values) {
    return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
  }

  /**
   * Push discs apart until none overlaps; the larger of two moves less.
   *
   * @param {{x: number, y: number, radius: number}[]} discs changed in place
   */
  function separate(discs) {
    const rounds = Math.max(5, Math.min(400, Math.floor(PAIRS / (discs.length * discs.length + 1))));
    for (let round = 0; round < rounds; round += 1) {
      let moved = false;
      for (let i = 0; i < discs.length; i += 1) {
        for (let j = i + 1; j < discs.length; j += 1) {
          const [a, b] = [discs[i], discs[j]];
          let ex = b.x - a.x;
          let ey = b.y - a.y;
          if (!ex && !ey) [ex, ey] = [Math.cos(j), Math.sin(j)];
          const distance = Math.hypot(ex, ey);
          const overlap = a.radius + b.radius + GAP - distance;
          if (overlap <= 0.5) continue;
          moved = true;
          const [wa, wb] = [a.radius * a.radius, b.radius * b.radius];
          const share = wb / (wa + wb);
          a.x -= (ex / distance) * overlap * share;
          a.y -= (ey / distance) * overlap * share;
          b.x += (ex / distance) * overlap * (1 - share);
          b.y += (ey / distance) * overlap * (1 - share);
        }
      }
      if (!moved) return;
    }
  }

  /**
   * @param {number} octets
   * @param {number} most octets of any node of its kind
   * @param {number} least radius
   * @param {number} largest radius
   * @returns {number}
   */
  function radius(octets, most, least, largest) {
    return least + (largest - least) * (Math.log1p(octets) / Math.log1p(most || 1)) ** 2;
  }

  /**
   * Members stand in rings: those that talk within the group only inside, the others outside and turned towards the
   * groups that they talk to, so that few lines cross the disc.
   *
   * @param {any[]} members
   * @param {Map<any, number>} radii of the members
   * @param {Map<any, Point>} wish direction of what a member talks to outside, by weight
   * @returns {{places: Map<any, Point>, radius: number}} places relative to the centre
   */
  function rings(members, radii, wish) {
    const places = new Map();
    const gap = 2 * Math.max(...members.map((member) => radii.get(member) ?? 0)) + 14;
    const inner = members.filter((member) => !wish.has(member));
    const outer = members.filter((member) => wish.has(member));
    const order = [...inner, ...outer];
    let ring = order.length === 1 ? 0 : order.length <= 3 ? 0.7 : 1;
    let at = 0;
    let size = 0;
    while (at < order.length) {
      const capacity = ring === 0 ? 1 : Math.max(3, Math.floor(2 * Math.PI * ring));
      const left = order.length - at;
      const taken = order.slice(at, at + Math.min(capacity, left));
      const angle = (/** @type {any} */ member) => {
        const to = wish.get(member);
        return to ? Math.atan2(to.y, to.x) : 0;
      };
      taken.sort((a, b) => angle(a) - angle(b));
      // turn the ring so that its members look, on the whole, where they wish to
      let [sin, cos] = [0, 0];
      taken.forEach((member, i) => {
        const off = angle(member) - (2 * Math.PI * i) / taken.length;
        sin += Math.sin(off);
        cos += Math.cos(off);
      });
      const turn = Math.atan2(sin, cos);
      taken.forEach((member, i) => {
        const to = turn + (2 * Math.PI * i) / taken.length;
        places.set(member, { x: ring * gap * Math.cos(to), y: ring * gap * Math.sin(to) });
      });
      size = ring * gap;
      at += taken.length;
      ring += 1;
    }
    return { places, radius: size + gap / 2 + 10 };
  }

  /**
   * @param {{nodes: any[], links: any[], groups: any[]}} view
   * @param {Map<any, Point>} base places of all groups, folded
   * @param {{group: number, member: number}} most octets of the heaviest
   * @returns {{places: Map<any, {x: number, y: number, radius: number}>, discs: Map<any, {x: number, y: number,
   *     radius: number}>}} places of the shown nodes, discs of the groups that are open
   */
  function place(view, base, most) {
    /** @type {Map<any, any[]>} */
    const open = new Map();
    /** @type {Map<any, number>} */
    const radii = new Map();
    for (const node of view.nodes) {
      if (node.group) {
        const members = open.get(node.group);
        if (members) members.push(node);
        else open.set(node.group, [node]);
        radii.set(node, radius(node.octets, most.member, 4, 13));
      } else radii.set(node, radius(node.octets, most.group, 12, 40));
    }
    const centre = (/** @type {any} */ node) => base.get(node.group ?? node) ?? { x: 0, y: 0 };
    /** @type {Map<any, Point>} */
    const wish = new Map();
    for (const link of view.links) {
      const [from, to] = [centre(link.from), centre(link.to)];
      const distance = Math.hypot(to.x - from.x, to.y - from.y);
      if (!distance) continue;
      const weight = Math.log1p(link.octets + link.reverse) / distance;
      for (const [node, sign] of /** @type {[any, number][]} */ ([
        [link.from, 1],
        [link.to, -1],
      ])) {
        const sum = wish.get(node) ?? { x: 0, y: 0 };
        sum.x += sign * weight * (to.x - from.x);
        sum.y += sign * weight * (to.y - from.y);
        wish.set(node, sum);
      }
    }
    const inside = new Map([...open].map(([group, members]) => [group, rings(members, radii, wish)]));
    const discs = view.groups.map((group) => ({
      group,
      ...(base.get(group) ?? { x: 0, y: 0 }),
      radius: inside.get(group)?.radius ?? radii.get(group) ?? 12,
    }));
    separate(discs);
    const places = new Map();
    const opened = new Map();
    for (const disc of discs) {
      const members = inside.get(disc.group);
      if (!members) places.set(disc.group, { x: disc.x, y: disc.y, radius: disc.radius });
      else {
        opened.set(disc.group, { x: disc.x, y: disc.y, radius: disc.radius });
        for (const [member, at] of members.places) {
          places.set(member, { x: disc.x + at.x, y: disc.y + at.y, radius: radii.get(member) ?? 4 });
        }
      }
    }
    return { places, discs: opened };
  }

  Object.assign(window.theia.graph, { forces, place });
})();
