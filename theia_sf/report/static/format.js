/*
 * Texts and elements. Names and labels of flows are untrusted: they enter the page as text nodes only, in an element
 * that isolates their direction, with the characters that could reorder what stands around them written as escapes.
 */
(function () {
  "use strict";

  const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
  const counts = new Intl.NumberFormat("en-US");
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
  // controls, marks and overrides of direction, invisible separators, halves of surrogate pairs
  const UNSEEN =
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

  /**
   * @param {number} octets
   * @returns {string} in decimal units and three digits, as the tables of the page: "1.23 MB"
   */
  function bytes(octets) {
    let value = octets;
    let unit = 0;
    while (Math.abs(value) >= 999.5 && unit < UNITS.length - 1) {
      value /= 1000;
      unit += 1;
    }
    const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    return `${value.toFixed(digits)} ${UNITS[unit]}`;
  }

  /**
   * @param {number} seconds since the epoch
   * @returns {string} "2026-03-01 10:20:30 UTC"
   */
  function time(seconds) {
    const date = new Date(seconds * 1000);
    return Number.isNaN(date.getTime()) ? "unknown" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  }

  /**
   * @param {unknown} value
   * @returns {string} the text with unseen characters as escapes: "\u202e"
   */
  function readable(value) {
    return String(value).replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }

  /**
   * @param {string} text
   * @param {number} length in characters as a reader counts them, not in UTF-16 units
   * @returns {string} the text, its middle left out where it is longer: ends of names tell more than middles
   */
  function shorten(text, length) {
    if (text.length <= length) return text;
    const characters = Array.from(text);
    if (characters.length <= length) return text;
    const head = Math.ceil((length - 1) * 0.6);
    return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (length - 1 - head)).join("")}`;
  }

  /**
   * @param {number} count
   * @param {string} one
   * @param {string} [many]
   * @returns {string} "1 flow", "2 flows"
   */
  function plural(count, one, many) {
    return `${counts.format(count)} ${count === 1 ? one : (many ?? `${one}s`)}`;
  }

  /**
   * @param {string} tag
   * @param {Record<string, string | number | boolean | ((event: any) => void)>} [attributes] a function is a listener
   *     of that event; false leaves an attribute out
   * @param {...(Node | string)} children strings become text, never markup
   * @returns {any} the element
   */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
    }
    made.append(...children);
    return made;
  }

  /**
   * @param {string} text that is readable already
   * @returns {HTMLElement} it, isolated
   */
  function isolated(text) {
    return element("bdi", {}, text);
  }

  /**
   * @param {string} id of a script element with JSON
   * @returns {any} what it holds, null where there is none
   */
  function payload(id) {
    const source = document.getElementById(id);
    return source ? JSON.parse(source.textContent || "null") : null;
  }

  Object.assign(window.theia, {
    bytes,
    count: counts.format,
    compact: compact.format,
    element,
    isolated,
    payload,
    plural,
    readable,
    shorten,
    time,
  });
})();
