// Click-to-call comes when it is used: a script of its own, beside ours.

import { address } from "./script_tag.js";
import { trace } from "./trace.js";

/** Once, be it in vain. @type {Promise<any>} */
let script;

/**
 * `callback` of callback.js.
 * @param {any[]} given
 * @returns {Promise<any>} never rejects: a page without it keeps its forms
 */
export const callback = (...given) =>
  (script = script || import(/** @type {any} */ (new URL("callback.js", address))))
    .then((loaded) => loaded.callback(...given))
    .catch(trace);
