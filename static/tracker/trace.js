// What debug mode tells. Silent, and free, in a page that does not ask for it.

import { settings } from "./script_tag.js";

/** What was asked, answered or failed, and when (epoch milliseconds); read by debug.js. @type {[detail: any, at: number][]} */
export const log = [];

export const debugging = "debug" in settings || /leadtracker=debug/.test(/** @type {any} */ (location));

/** @param {any} detail */
export const trace = (detail) => {
  if (debugging) {
    console.log("[leadtracker]", detail);
    log.push([detail, Date.now()]);
  }
};

/**
 * Keeps every fault of ours out of the page.
 * @template {any[]} A
 * @param {(...given: A) => void} work
 */
export const quiet = (work) => /** @param {A} given */ (...given) => {
  try {
    work(...given);
  } catch (fault) {
    trace(fault);
  }
};
