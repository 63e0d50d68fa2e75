// Asks the server for a number and keeps it: the number request, the heartbeat and the word on leaving.

import { address } from "./script_tag.js";
import { lines, show } from "./swap.js";
import { quiet, trace } from "./trace.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./swap.js").Line} Line */

const PATIENCE = 5000; // milliseconds until who waits for a slow server is given the page's own number
const BEAT = 30000; // milliseconds between two beats

/** Of the page. @type {"visible" | "hidden" | "left"} */
export let state;

/**
 * A heartbeat, as long as all is well; else a number request, which gives back the same number if it can.
 * Another tab may have been given another number: then its lease is in storage, and we ask for that number.
 * @param {Line} line
 */
const message = (line) => {
  const { leases, at, ...visitor } = currentVisitor();
  const lease = leases[line.token];
  const body = {
    ask: state != "visible" || (line.held == lease && !line.failed) ? "beat" : "number",
    token: line.token,
    info: line.info,
    ...visitor,
    page: location.href,
    lease,
    state,
    signals: line.untold,
  };
  trace(body);
  return JSON.stringify(body);
};

/** @param {Line} line */
const request = async (line) => {
  if (state != "visible") return;
  clearTimeout(line.timer);
  setTimeout(line.done, PATIENCE);
  const { length } = line.untold;
  try {
    const response = await fetch(address, {
      method: "POST",
      body: message(line),
      signal: AbortSignal.timeout && AbortSignal.timeout(BEAT),
    });
    if (!response.ok) throw response.status;
    const answer = await response.json();
    trace(answer);
    // To a number request, or to the beat of a lost lease.
    if (answer.did || !answer.known) {
      const did = answer.did;
      currentVisitor({ [line.token]: (line.held = answer.lease) });
      if (/^\+\d{7,}$/.test(did)) {
        // The page may have written the number we promised.
        if (line.number && line.number != did) line.swap.push(line.number);
        line.number = did;
        line.shown = answer.display;
        show();
      }
    }
    // Only a beat tells signals, and a lost one tells nothing.
    if ("known" in answer) line.untold.splice(0, length);
    line.failed = 0;
  } catch (failure) {
    trace(failure);
    // Refused: asking again would change nothing.
    line.failed = failure < 500 ? (line.held = 0) : line.failed + 1;
  }
  line.done();
  if (line.held || line.failed) line.timer = setTimeout(request, BEAT * (1 + line.failed), line);
};

/**
 * Asks for the number, once; in a hidden page as soon as it is shown.
 * @param {Line | undefined} line @param {number} why
 */
export const want = (line, why) => {
  if (line && !line.why) {
    line.why = why;
    request(line);
  }
};

/** @param {Line} line @param {string} what tap, copy, menu or save */
export const signal = (line, what) => {
  line.untold.push(what);
  if (line.held != 0) request(line);
};

/** The page was shown, hidden or left. @param {"visible" | "hidden" | "left"} next */
export const turn = quiet((next) => {
  if (next == state || (state == "left" && next == "hidden")) return;
  // Nothing is kept of a visitor before `init`.
  lines.forEach(() => currentVisitor());
  state = next;
  lines.forEach((line) => {
    if (state == "visible") {
      // The lease may be another's by now: ask again instead of beating.
      line.held = 0;
      if (line.why) request(line);
    } else if (line.held != 0 && navigator.sendBeacon(address, message(line))) line.untold = [];
  });
});
