// Reads the <script> element that loaded us: its address and its data- attributes.

const tag = /** @type {HTMLScriptElement} */ (document.currentScript);

export const settings = tag.dataset;
export const address = tag.src;

/**
 * A script that lies beside ours.
 * @param {string} name
 */
export const load = (name) => import(new URL(name, address).href);
