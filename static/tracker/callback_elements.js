// Makes the elements of the widget, and dresses the shadow root that they stand in.

import { STYLE } from "./callback_style.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} properties attributes, where the element has no such property
 * @param {(string | Node)[]} inside
 */
export const make = (tag, properties = {}, ...inside) => {
  const element = document.createElement(tag);
  Object.entries(properties).forEach(([name, value]) => {
    // Not every browser has the property `role`.
    if (name in element && name != "role") Object.assign(element, { [name]: value });
    else element.setAttribute(name, String(value));
  });
  element.append(...inside);
  return element;
};

/** @param {ShadowRoot} root */
export const dress = (root) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch (old) {
    // An older browser; a strict policy has no effect on one that knows sheets.
    root.append(make("style", {}, STYLE));
  }
};

/**
 * What has the focus in the shadow root of an element.
 * @param {Element} element
 */
export const focusedBeside = (element) =>
  /** @type {ShadowRoot} */ (element.getRootNode()).activeElement;
