// Notes what debug mode tells, and costs nothing in a page that does not ask for it.

import { settings } from "./script_tag.js";

/**
 * What was asked, answered or failed, and when (epoch milliseconds); debug.js reads it.
 * @type {[detail: unknown, at: number][]}
 */
export const log = [];

export const debugging = "debug" in settings || /leadtracker=debug/.test(location.href);

/** @param {unknown} detail */
export const trace = (detail) => {
  if (debugging) {
    console.log("[leadtracker]", detail);
    log.push([detail, Date.now()]);
  }
};

/**
 * Keeps every fault of ours out of the page.
 * @template {unknown[]} Given
 * @param {(...given: Given) => void} work
 */
export const guarded =
  (work) =>
  /** @param {Given} given */
  (...given) => {
    try {
      work(...given);
    } catch (fault) {
      trace(fault);
    }
  };
