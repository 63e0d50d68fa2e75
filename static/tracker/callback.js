// Click-to-call, loaded when the page uses it: takes over a form, or puts the widget anywhere else.

import { takeOver } from "./callback_form.js";
import { newWidget } from "./callback_widget.js";

/** @type {WeakMap<Element, any>} */
const taken = new WeakMap();

/**
 * @param {Element | string} given an element or its selector: a form, a button of the page's own, or what gets one of ours
 * @param {import("./callback_widget.js").Options} [options]
 * @returns {{open(): void, close(): void} | undefined} of a widget
 */
export const callback = (given, options) => {
  /** @type {any} */
  const element = typeof given == "string" ? document.querySelector(given) : given;
  if (!taken.has(element)) {
    taken.set(element, null); // whatever happens, once
    taken.set(element, (element.localName == "form" ? takeOver : newWidget)(element, options || {}));
  }
  return taken.get(element);
};
