// Looks out for the places where a number would stand: only once one is seen is it worth asking for the number.

import { want } from "./number_request.js";
import { quiet } from "./trace.js";

/** @typedef {import("./swap.js").Line} Line */

// Why a number is asked for; debug.js has the words.
export const SEEN = 1;
export const USED = 2;
export const AWAITED = 3;
export const TOLD = 4;
const BLIND = 5;

const LOOK = 1000; // milliseconds in view that count as seen

/** Whose number would stand in an element. @type {WeakMap<Element, Line>} */
export const places = new WeakMap();
/** Of the elements in view. @type {WeakMap<Element, any>} */
const timers = new WeakMap();
/** @type {IntersectionObserver} */
let eye;

/** @param {Line} line @param {any} element where its number would stand */
export const look = (line, element) => {
  try {
    eye =
      eye ||
      new IntersectionObserver(
        quiet((entries) =>
          entries.forEach(({ target, isIntersecting }) => {
            clearTimeout(timers.get(target));
            timers.set(target, isIntersecting && setTimeout(want, LOOK, places.get(target), SEEN));
          }),
        ),
      );
    places.set(element, line);
    eye.observe(element);
  } catch (blind) {
    want(line, BLIND);
  }
};
