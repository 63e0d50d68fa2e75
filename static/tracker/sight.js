// Watches the places where a number would stand: only once one is seen is it worth asking for it.

import { BLIND, SEEN } from "./lines.js";
import { wantNumber } from "./number_request.js";
import { guarded } from "./trace.js";

/** @typedef {import("./lines.js").Line} Line */

const LOOK = 1000; // milliseconds in view that count as seen

/**
 * Whose number would stand in an element.
 * @type {WeakMap<Element, Line>}
 */
export const places = new WeakMap();
/**
 * Of the elements in view.
 * @type {WeakMap<Element, ReturnType<typeof setTimeout>>}
 */
const timers = new WeakMap();
/** @type {IntersectionObserver | undefined} */
let observer;

/** @param {IntersectionObserverEntry} entry */
const comeOrGo = (entry) => {
  const place = entry.target;
  clearTimeout(timers.get(place));
  if (entry.isIntersecting)
    timers.set(place, setTimeout(wantNumber, LOOK, places.get(place), SEEN));
};

/** @param {Line} line @param {Element} element where its number would stand */
export const watchPlace = (line, element) => {
  try {
    observer =
      observer || new IntersectionObserver(guarded((entries) => entries.forEach(comeOrGo)));
    places.set(element, line);
    observer.observe(element);
  } catch (notKnown) {
    wantNumber(line, BLIND);
  }
};
