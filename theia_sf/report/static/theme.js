/*
 * The theme of the page: the system's, or the one that the reader chose. Inlined in <head>, so that a page which
 * opens dark does not flash white first. Everything else that the scripts share hangs on `window.theia` as well.
 */
(function () {
  "use strict";

  const KEY = "theia-sf-report-theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const print = window.matchMedia("print");
  /** @type {Array<() => void>} */
  const listeners = [];

  /** @returns {string | null} what the reader chose; a browser may refuse storage to a page from file:// */
  function stored() {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  /** @param {string} theme "light" or "dark" */
  function store(theme) {
    try {
      window.localStorage.setItem(KEY, theme);
    } catch {
      // the choice holds for this page only
    }
  }

  /** @returns {boolean} whether the page is shown dark; paper never is */
  function isDark() {
    if (isPrinting()) return false;
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  /** @returns {boolean} whether the page is being laid out for paper */
  function isPrinting() {
    return print.matches || "printing" in root.dataset;
  }

  function notify() {
    for (const listener of listeners) listener();
  }

  /** @param {string} theme "light" or "dark" */
  function choose(theme) {
    root.dataset.theme = theme;
    store(theme);
    notify();
  }

  /**
   * The colours that canvas and charts need as values: CSS alone resolves light-dark() and variables.
   *
   * @param {string[]} names of custom properties, without the dashes
   * @returns {Record<string, string>} each as rgb(…)
   */
  function colours(names) {
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const style = window.getComputedStyle(probe);
    /** @type {Record<string, string>} */
    const found = {};
    for (const name of names) {
      probe.style.color = `var(--${name})`;
      found[name] = style.color;
    }
    probe.remove();
    return found;
  }

  const theme = stored();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.dataset.scripts = "";
  system.addEventListener("change", notify);
  print.addEventListener("change", notify);

  window.theia = {
    theme: {
      choose,
      colours,
      isDark,
      isPrinting,
      notify,
      onChange: (/** @type {() => void} */ listener) => listeners.push(listener),
    },
  };
})();
