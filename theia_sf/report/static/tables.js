/*
 * Tables that are complete without scripts become sortable, filterable and paged. Rows are never made or removed,
 * only reordered and classed, so that what was selected or opened in one stays.
 */
(function () {
  "use strict";

  const { announce, element, plural, reachable } = window.theia;
  const PAGE = 50;
  const FEW = 6; // rows that are seen at a glance: nothing to filter
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  /**
   * @param {HTMLTableRowElement} row
   * @param {number} column
   * @returns {string} what the cell is sorted by
   */
  function raw(row, column) {
    const cell = row.cells[column];
    return cell ? (cell.dataset.value ?? cell.textContent ?? "").trim() : "";
  }

  /**
   * @param {string} type of the column: text, number, bytes or time
   * @param {number} direction 1 or -1
   * @returns {(a: string, b: string) => number} cells without a value come last in both directions
   */
  function comparison(type, direction) {
    const numeric = type === "number" || type === "bytes";
    return (a, b) => {
      if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
      if (!numeric) return direction * collator.compare(a, b);
      const [x, y] = [Number(a), Number(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y) ? 0 : Number.isNaN(x) ? 1 : -1;
      return direction * (x - y);
    };
  }

  /** @param {HTMLTableElement} table */
  function enhance(table) {
    const body = table.tBodies[0];
    const headings = /** @type {HTMLTableCellElement[]} */ ([...(table.tHead?.rows[0]?.cells ?? [])]);
    if (!body || !headings.length) return;
    const original = [...body.rows];
    let rows = original;
    let page = 0;
    let paged = original.length > PAGE;
    let wanted = "";

    const holder = element("div", { class: "table-scroll" });
    table.replaceWith(holder);
    holder.append(table);
    reachable(holder, nameOf(table));

    const status = element("p", { class: "table-status", role: "status" });
    const previous = element("button", { type: "button" }, "Previous");
    const next = element("button", { type: "button" }, "Next");
    const all = element("button", { type: "button" }, "Show all");
    const pager = element("div", { class: "pager" }, previous, next, all);

    const texts = new Map(original.map((row) => [row, (row.textContent ?? "").toLowerCase()]));

    function show() {
      const matching = wanted ? rows.filter((row) => texts.get(row)?.includes(wanted)) : rows;
      const pages = paged ? Math.max(1, Math.ceil(matching.length / PAGE)) : 1;
      page = Math.min(page, pages - 1);
      const first = paged ? page * PAGE : 0;
      const end = paged ? Math.min(first + PAGE, matching.length) : matching.length;
      const shown = new Set(matching.slice(first, end));
      const found = new Set(matching);
      for (const row of rows) {
        row.classList.toggle("is-filtered", !found.has(row));
        row.classList.toggle("is-off-page", found.has(row) && !shown.has(row));
      }
      previous.disabled = page === 0;
      next.disabled = page >= pages - 1;
      pager.hidden = original.length <= PAGE;
      all.textContent = paged ? "Show all" : `Show ${PAGE} at a time`;
      const range = matching.length ? `Rows ${first + 1}–${end} of ${matching.length}` : "No row matches";
      status.textContent = wanted ? `${range} (${plural(original.length, "row")} unfiltered)` : range;
    }

    previous.addEventListener("click", () => ((page -= 1), show()));
    next.addEventListener("click", () => ((page += 1), show()));
    all.addEventListener("click", () => ((paged = !paged), (page = 0), show()));

    headings.forEach((heading, column) => {
      const type = heading.dataset.type ?? "text";
      const name = heading.textContent?.trim() ?? "";
      if (!name) return;
      const button = element("button", { type: "button", class: "sort" }, ...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const before = heading.getAttribute("aria-sort");
        // the largest numbers and the newest times are what one looks for first
        const start = type === "text" ? "ascending" : "descending";
        const order = before ? (before === "ascending" ? "descending" : "ascending") : start;
        for (const other of headings) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", order);
        const compare = comparison(type, order === "ascending" ? 1 : -1);
        const values = new Map(original.map((row) => [row, raw(row, column)]));
        // from the original order each time: equal rows keep it, whatever was sorted before
        rows = [...original].sort((a, b) => compare(values.get(a) ?? "", values.get(b) ?? ""));
        page = 0;
        body.append(...rows);
        show();
        announce(`Sorted by ${name}, ${order}`);
      });
    });

    const controls = element("div", { class: "table-controls" });
    const filtered = table.dataset.filter === "true" && original.length > FEW;
    if (filtered) {
      const field = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
      field.addEventListener("input", () => {
        wanted = field.value.trim().toLowerCase();
        page = 0;
        show();
      });
      controls.append(element("label", { class: "field" }, element("span", {}, "Filter rows"), field));
    }
    if (filtered || original.length > PAGE) {
      controls.append(status, pager);
      holder.before(controls);
    }
    show();
  }

  /** @returns {string} what a table is about */
  function nameOf(/** @type {HTMLTableElement} */ table) {
    const heading = table.closest("section")?.querySelector("h2")?.textContent?.trim() ?? "Data";
    return table.caption?.textContent?.trim() || table.getAttribute("aria-label") || `Table of ${heading}`;
  }

  for (const table of document.querySelectorAll("table.data")) enhance(/** @type {HTMLTableElement} */ (table));
})();
