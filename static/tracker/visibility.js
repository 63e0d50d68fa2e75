// Remembers whether the page is visible, hidden or left.

/** @typedef {"visible" | "hidden" | "left"} Visibility */

/** @type {Visibility} */
export let visibility = document.visibilityState;

/** @param {Visibility} next */
export const setVisibility = (next) => {
  visibility = next;
};
