// Loads click-to-call, a script of its own beside ours, when a page uses it.

import { load } from "./script_tag.js";
import { trace } from "./trace.js";

/** @typedef {typeof import("./callback.js")} CallbackScript */

/**
 * Asked for once, be it in vain.
 * @type {Promise<CallbackScript> | undefined}
 */
let script;

/**
 * @param {Parameters<CallbackScript["callback"]>} given
 * @returns {Promise<ReturnType<CallbackScript["callback"]> | void>} never rejects: a page without
 *   the script keeps its forms
 */
export const callback = (...given) => {
  script = script || load("callback.js");
  return script.then((loaded) => loaded.callback(...given)).catch(trace);
};
