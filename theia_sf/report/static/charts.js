/*
 * Charts, drawn by Plotly when they come near the window, in the colours of the theme. The table beside a chart holds
 * the same numbers for those who cannot see it.
 */
(function () {
  "use strict";

  const { bytes, count, element, payload, readable, shorten, theme, whenReady } = window.theia;
  const SERIES = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];
  const NAMES = [...SERIES, "text", "muted", "line", "surface", "denied"];
  const PRINT_WIDTH = 660; // px of A4 between the margins
  const ROW = 26; // px of a bar with its gap

  /** @type {Map<Element, any>} */
  const drawn = new Map();

  /**
   * Plotly reads a small markup in texts; names are data.
   *
   * @param {unknown} text
   * @returns {string}
   */
  function plain(text) {
    return readable(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  /**
   * @param {string} unit of the payload
   * @param {number | null} value
   * @returns {string}
   */
  function inUnit(unit, value) {
    if (value === null || value === undefined) return "no value";
    if (unit === "bytes") return bytes(value);
    if (unit === "bits/s") return `${bytes(value).replace(/B$/, "bit")}/s`;
    return `${count(value)} ${unit}`;
  }

  /**
   * @param {any} data
   * @param {Record<string, string>} colour
   * @param {boolean} across whether bars lie
   * @returns {any[]} Plotly's traces
   */
  function traces(data, colour, across) {
    const positions = data.x.map((/** @type {string} */ _, /** @type {number} */ index) => index);
    return data.series.map((/** @type {any} */ series, /** @type {number} */ index) => {
      const own = /denied|drop|reject/i.test(series.name) ? colour.denied : colour[SERIES[index % SERIES.length]];
      const shared = {
        name: plain(shorten(readable(series.name), 40)),
        customdata: series.y.map((/** @type {number} */ value, /** @type {number} */ at) => [
          inUnit(data.unit, value),
          plain(shorten(readable(data.x[at]), 90)),
        ]),
      };
      if (data.kind === "bars") {
        return {
          ...shared,
          type: "bar",
          orientation: across ? "h" : "v",
          x: across ? series.y : positions,
          y: across ? positions : series.y,
          marker: { color: own },
          hovertemplate: "%{customdata[1]}<br>%{customdata[0]}<extra>%{fullData.name}</extra>",
        };
      }
      return {
        ...shared,
        type: "scatter",
        mode: series.y.length > 1 ? "lines" : "markers",
        x: data.x,
        y: series.y,
        line: { color: own, width: 2, dash: index % 2 && !data.stacked ? "dot" : "solid" },
        stackgroup: data.stacked ? "all" : undefined,
        fillcolor: data.stacked ? own.replace("rgb(", "rgba(").replace(")", ", 0.35)") : undefined,
        hovertemplate: "%{customdata[0]}<extra>%{fullData.name}</extra>",
      };
    });
  }

  /** @returns {number} px, known before the chart is drawn so that the page does not jump then */
  function heightOf(/** @type {any} */ data) {
    return data.kind === "bars" ? 84 + ROW * data.x.length : 300;
  }

  /**
   * @param {any} data
   * @param {Record<string, string>} colour
   * @param {boolean} across
   * @param {number} width
   * @returns {any} Plotly's layout
   */
  function layout(data, colour, across, width) {
    const axis = { color: colour.muted, gridcolor: colour.line, zerolinecolor: colour.line, automargin: true };
    const quantity = { ...axis, ticklabelstandoff: 4, rangemode: "tozero", tickformat: "~s", fixedrange: true };
    if (data.unit === "bytes") Object.assign(quantity, { ticksuffix: "B", exponentformat: "SI" });
    if (data.unit === "bits/s") Object.assign(quantity, { ticksuffix: "bit/s" });
    const length = width < 600 ? 18 : 40;
    const categories = {
      ...axis,
      tickvals: data.x.map((/** @type {string} */ _, /** @type {number} */ index) => index),
      ticktext: data.x.map((/** @type {string} */ text) => plain(shorten(readable(text), length))),
      fixedrange: true,
      showgrid: false,
      ticklabelstandoff: 6,
    };
    const time = {
      ...axis,
      type: "date",
      hoverformat: "%Y-%m-%d %H:%M UTC",
      title: { text: "Time (UTC)", font: { size: 12 } },
    };
    const marks = data.markers ?? [];
    const other = data.kind === "bars" ? categories : time;
    return {
      autosize: true,
      width: theme.isPrinting() ? PRINT_WIDTH : undefined,
      height: heightOf(data),
      margin: { l: 56, r: 16, t: marks.length ? 26 : 8, b: across ? 36 : 44 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour.text, family: "system-ui, sans-serif", size: 13 },
      hoverlabel: { bgcolor: colour.surface, bordercolor: colour.line, font: { color: colour.text }, align: "left" },
      hovermode: data.kind === "bars" ? "closest" : "x unified",
      barmode: data.stacked ? "stack" : "group",
      bargap: 0.3,
      showlegend: data.series.length > 1,
      legend: { orientation: "h", traceorder: "normal", y: 1.02, yanchor: "bottom", x: 0 },
      xaxis: across ? quantity : other,
      yaxis: across ? { ...other, autorange: "reversed" } : quantity,
      shapes: marks.map((/** @type {any} */ mark) => ({
        type: "line",
        x0: mark.x,
        x1: mark.x,
        y0: 0,
        y1: 1,
        yref: "paper",
        line: { color: colour.denied, width: 1, dash: "dash" },
      })),
      annotations: marks.map((/** @type {any} */ mark) => ({
        x: mark.x,
        y: 1,
        yref: "paper",
        yanchor: "bottom",
        showarrow: false,
        text: plain(shorten(readable(mark.text), 40)),
        font: { color: colour.denied, size: 11 },
      })),
    };
  }

  /**
   * @param {any} data
   * @returns {string} what a chart shows, in a sentence
   */
  function summary(data) {
    const parts = data.series.map((/** @type {any} */ series) => {
      let best = 0;
      series.y.forEach((/** @type {number} */ value, /** @type {number} */ at) => {
        if ((value ?? 0) > (series.y[best] ?? 0)) best = at;
      });
      const most = series.y.length ? `, most ${inUnit(data.unit, series.y[best])} at ${readable(data.x[best])}` : "";
      return `${readable(series.name)}${most}`;
    });
    return `Chart: ${readable(data.title ?? "")}. ${parts.join("; ")}. The table below holds the numbers.`;
  }

  /** @param {HTMLElement} figure */
  function draw(figure) {
    const canvas = /** @type {HTMLElement | null} */ (figure.querySelector(".chart-canvas"));
    const data = drawn.get(figure) ?? payload(`data-${figure.dataset.chart}`);
    library();
    if (!canvas || !data || !window.Plotly) return;
    const colour = theme.colours(NAMES);
    const across = data.kind === "bars";
    window.Plotly.react(canvas, traces(data, colour, across), layout(data, colour, across, canvas.clientWidth), {
      displaylogo: false,
      displayModeBar: false,
      responsive: true,
      scrollZoom: false,
      showTips: false,
    });
    if (!drawn.has(figure)) {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", summary(data));
      drawn.set(figure, data);
    }
  }

  /** Plotly's script is by far the largest of the page. It is embedded as text, and runs once a chart is needed. */
  function library() {
    const source = document.getElementById("plotly");
    if (window.Plotly || !source) return;
    // the page's policy knows its hash, as it knows those of the other scripts
    document.head.append(element("script", {}, source.textContent || ""));
  }

  const figures = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("figure.chart")]);

  /** @returns {boolean} whether a figure is on the screen */
  function inView(/** @type {HTMLElement} */ figure) {
    const { top, bottom } = figure.getBoundingClientRect();
    return figure.checkVisibility() && top < window.innerHeight && bottom > 0;
  }

  /** Draw the charts on the screen now, the others when they come near it. */
  function start() {
    for (const figure of figures) {
      const data = payload(`data-${figure.dataset.chart}`);
      const canvas = /** @type {HTMLElement | null} */ (figure.querySelector(".chart-canvas"));
      if (data && canvas) canvas.style.minHeight = `${heightOf(data)}px`;
    }
    for (const figure of figures) if (inView(figure)) draw(figure);
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          observer.unobserve(entry.target);
          // one at a time: in between the page answers
          window.setTimeout(() => draw(/** @type {HTMLElement} */ (entry.target)));
        }
      },
      { rootMargin: "200px 0px" },
    );
    whenReady(() => {
      for (const figure of figures) observer.observe(figure);
      // before it is needed, while the reader does nothing: it holds the page up for a moment
      window.setTimeout(() => window.requestIdleCallback?.(library), 3000);
    });
    theme.onChange(() => {
      for (const figure of figures) if (drawn.has(figure) || theme.isPrinting()) draw(figure);
    });
  }

  if (figures.length) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  }
})();
