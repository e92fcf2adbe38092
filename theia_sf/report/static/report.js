/*
 * The page around the sections: theme button, place in the contents, copy buttons, what changes for print, and the
 * mark that everything in view is drawn.
 */
(function () {
  "use strict";

  const { element, theme } = window.theia;
  const root = document.documentElement;

  const live = element("div", { role: "status", "aria-live": "polite", class: "visually-hidden" });
  document.body.append(live);

  /** @param {string} text read out by a screen reader */
  function announce(text) {
    live.textContent = text;
  }

  function themeButton() {
    const button = document.getElementById("theme-toggle");
    if (!button) return;
    const show = () => {
      const other = theme.isDark() ? "Light" : "Dark";
      button.textContent = `${other} theme`;
    };
    button.addEventListener("click", () => theme.choose(theme.isDark() ? "light" : "dark"));
    theme.onChange(show);
    show();
  }

  /** Mark the link of the section that is read. */
  function contents() {
    /** @type {Map<Element, Element>} */
    const links = new Map();
    for (const link of document.querySelectorAll("#contents a[href^='#']")) {
      const section = document.getElementById((link.getAttribute("href") || "#").slice(1));
      if (section) links.set(section, link);
    }
    /** @type {Set<Element>} */
    const seen = new Set();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (entry.isIntersecting) seen.add(entry.target);
          else seen.delete(entry.target);
        }
        const current = [...links.keys()].find((section) => seen.has(section));
        if (!current) return;
        for (const [section, link] of links) {
          if (section === current) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      },
      { rootMargin: "-10% 0px -60% 0px" },
    );
    for (const section of links.keys()) observer.observe(section);
  }

  /**
   * @param {string} text
   * @returns {Promise<boolean>} whether the clipboard took it
   */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // refused, or no such thing for a page from file://: the older way needs a selected field
      const field = element("textarea", { class: "visually-hidden", "aria-hidden": "true", readonly: true }, text);
      const focused = document.activeElement;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      if (focused instanceof HTMLElement) focused.focus();
      return done;
    }
  }

  /** A copy button at every block of text that is meant to be taken along (policies as YAML). */
  function copyButtons() {
    for (const block of document.querySelectorAll("main pre")) {
      const button = element("button", { type: "button", class: "copy" }, "Copy");
      button.addEventListener("click", async () => {
        const done = await copy(block.textContent || "");
        button.textContent = done ? "Copied" : "Not copied: select the text instead";
        announce(button.textContent);
        window.setTimeout(() => (button.textContent = "Copy"), 2000);
      });
      const holder = element("div", { class: "copyable" });
      block.replaceWith(holder);
      holder.append(button, block);
      reachable(/** @type {HTMLElement} */ (block), "Text to copy");
    }
  }

  /**
   * What is wider or higher than its place scrolls, and what scrolls has to be reachable by keyboard.
   *
   * @param {HTMLElement} place
   * @param {string} name
   */
  function reachable(place, name) {
    new ResizeObserver(() => {
      const scrolls = place.scrollWidth > place.clientWidth || place.scrollHeight > place.clientHeight;
      for (const [attribute, value] of [
        ["tabindex", "0"],
        ["role", "group"],
        ["aria-label", name],
      ]) {
        if (scrolls) place.setAttribute(attribute, value);
        else place.removeAttribute(attribute);
      }
    }).observe(place);
  }

  /** Paper shows what is folded away on a screen. */
  function printing() {
    /** @type {HTMLDetailsElement[]} */
    let opened = [];
    window.addEventListener("beforeprint", () => {
      root.dataset.printing = "";
      opened = [...document.querySelectorAll("details:not([open])")].map((one) => /** @type {any} */ (one));
      for (const details of opened) details.open = true;
      theme.notify();
    });
    window.addEventListener("afterprint", () => {
      delete root.dataset.printing;
      for (const details of opened) details.open = false;
      theme.notify();
    });
  }

  /** @type {Array<() => void>} */
  const waiting = [];

  /** @param {() => void} work for which the first sight of the page should not wait */
  function whenReady(work) {
    if (root.dataset.ready) work();
    else waiting.push(work);
  }

  Object.assign(window.theia, { announce, copy, reachable, whenReady });
  themeButton();
  contents();
  copyButtons();
  printing();

  window.addEventListener("load", () => {
    // two frames: what was drawn in the first is on the screen in the second
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        root.dataset.ready = "true";
        performance.mark("ready");
        for (const work of waiting) window.setTimeout(work);
      }),
    );
  });
})();
