// The <script> element that loaded us: its address is where we ask, its data- attributes are settings.

const tag = /** @type {HTMLScriptElement} */ (document.currentScript);

export const settings = tag.dataset;
export const address = tag.src;
