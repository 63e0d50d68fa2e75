// Asks the server for a number and keeps it: the number request, the heartbeat and the word on leaving.

import { address } from "./script_tag.js";
import { lines, show } from "./swap.js";
import { quiet, trace } from "./trace.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./swap.js").Line} Line */

const PATIENCE = 5000; // milliseconds until a slow server counts as a dead one

/** @type {"visible" | "hidden" | "left"} */
let state;

/**
 * A heartbeat, as long as all is well; else a number request, which gives back the same number if it can.
 * Another tab may have been given another number: then its lease is in storage, and we ask for that number.
 * @param {Line} line
 */
const message = ({ token, info, held, failed, signals }) => {
  const { leases, at, engaged, ...visitor } = currentVisitor(held);
  const lease = leases[token];
  const beats = state != "visible" || (held && held == lease && !failed);
  const body = {
    ask: beats ? "beat" : "number",
    token,
    info,
    ...visitor,
    page: location.href,
    lease,
    ...(beats && { state, signals, engaged: (engaged / 1000) | 0 }),
  };
  trace(body);
  return JSON.stringify(body);
};

/** @param {Line} line @param {any} answer to a number request, or to the beat of a lost lease */
const accept = (line, { did, display, lease, beat_seconds: beat }) => {
  line.beat = beat >= 1 && beat < 600 ? beat : 30;
  line.held = lease;
  currentVisitor(0, line.token, lease);
  if (/^\+\d{7,}$/.test(did)) {
    // The page may have written the number we promised.
    if (line.did && line.did != did) line.swap.push(line.did);
    line.did = did;
    line.display = display || did;
    show();
  }
};

/** @param {Line} line */
export const request = async (line) => {
  if (state != "visible") return;
  clearTimeout(line.timer);
  const { length } = line.signals;
  try {
    const response = await fetch(address, {
      method: "POST",
      body: message(line),
      keepalive: true,
      // Browsers before 2022 wait as long as they like.
      signal: AbortSignal.timeout && AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) throw response.status;
    const answer = await response.json();
    trace(answer);
    if (answer.did || !answer.known) accept(line, answer);
    // Only a beat tells signals, and a lost one tells nothing.
    if (answer.known != null) line.signals.splice(0, length);
    line.failed = 0;
  } catch (failure) {
    trace(failure);
    line.failed++;
    // Refused: asking again would change nothing.
    if (failure < 500) line.held = line.failed = 0;
  }
  line.done();
  if (line.held || line.failed) line.timer = setTimeout(request, line.beat * 1000 * (1 + line.failed), line);
};

/** @param {Line} line @param {string} what tap, copy or menu */
export const signal = (line, what) => {
  line.signals.push(what);
  if (line.held) request(line);
};

/** The page was shown, hidden or left. @param {"visible" | "hidden" | "left"} next */
export const turn = quiet((next) => {
  if (next == state || (state == "left" && next == "hidden")) return;
  state = next;
  lines.forEach((line) => {
    if (state == "visible") {
      // The lease may be another's by now: ask again instead of beating.
      line.held = 0;
      request(line);
    } else if (line.held && navigator.sendBeacon(address, message(line))) line.signals = [];
  });
});
