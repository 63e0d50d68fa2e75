// Makes click-to-call of an element: takes over a form, puts the widget anywhere else.

import { takeOver } from "./callback_form.js";
import { newWidget } from "./callback_widget.js";

/** @typedef {import("./callback_widget.js").Options} Options */
/** @typedef {import("./callback_widget.js").Widget} Widget */

/** @type {WeakMap<Element, Widget | undefined>} */
const taken = new WeakMap();

/**
 * @param {Element | string} given an element or its selector: a form, a button of the page's own,
 *   or what gets one of ours
 * @param {Options} [options]
 * @returns {Widget | undefined} none for a form
 */
export const callback = (given, options = {}) => {
  let element = given;
  if (typeof element == "string")
    element = /** @type {Element} */ (document.querySelector(element));
  if (!taken.has(element)) {
    taken.set(element, undefined); // whatever happens, once
    if (element instanceof HTMLFormElement) takeOver(element, options);
    else taken.set(element, newWidget(/** @type {HTMLElement} */ (element), options));
  }
  return taken.get(element);
};
