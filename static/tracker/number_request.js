// Asks the server for a number and keeps it: the number request, the heartbeat and the word on leaving.

import { address } from "./script_tag.js";
import { lines, show } from "./swap.js";
import { trace } from "./trace.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./swap.js").Line} Line */

const PATIENCE = 5000; // milliseconds until a slow server counts as a dead one

/** @type {"visible" | "hidden" | "left"} */
let state;

/**
 * A heartbeat, as long as all is well; else a number request, which gives back the same number if it can.
 * Another tab may have been given another number: then its lease is in storage, and we ask for that number.
 * @param {Line} line
 * @param {string[]} signals
 */
const message = ({ token, info, held, failed }, signals) => {
  const beats = held && !failed;
  const { leases, at, engaged, ...visitor } = currentVisitor(beats);
  const lease = leases[token];
  const ask = state == "visible" && !(beats && held == lease) ? "number" : "beat";
  const body = { ask, token, info, ...visitor, page: location.href, lease, state, signals, engaged: (engaged / 1000) | 0 };
  trace(body);
  return JSON.stringify(body);
};

/** @param {Line} line @param {any} answer to a number request, or to the beat of a lost lease */
const accept = (line, { did, display, lease, beat_seconds: beat }) => {
  line.beat = beat >= 1 && beat < 600 ? beat : 30;
  line.held = lease;
  currentVisitor(false, line.token, lease);
  if (/^\+\d{7,}$/.test(did)) {
    // What shows the old number must be found again.
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
  let signals = line.signals.splice(0);
  try {
    const response = await fetch(address, {
      method: "POST",
      body: message(line, signals),
      keepalive: true,
      // Browsers before 2022 wait as long as they like.
      signal: AbortSignal.timeout && AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) throw response.status;
    const answer = await response.json();
    trace(answer);
    if (answer.did || !answer.known) accept(line, answer);
    // A number request does not tell the signals, the next beat does.
    if (answer.known != null) signals = [];
    line.failed = 0;
  } catch (failure) {
    trace(failure);
    line.failed++;
    // Refused: asking again would change nothing.
    if (failure < 500) line.held = line.failed = 0;
  }
  line.signals.unshift(...signals);
  line.done();
  if (line.held || line.failed) line.timer = setTimeout(request, line.beat * 1000 * (1 + line.failed), line);
};

/** @param {Line} line @param {string} what tap, copy or menu */
export const signal = (line, what) => {
  line.signals.push(what);
  if (line.held) request(line);
};

/** The page was shown, hidden or left. @param {"visible" | "hidden" | "left"} next */
export const turn = (next) => {
  if (next == state || (state == "left" && next == "hidden")) return;
  state = next;
  lines.forEach((line) => {
    clearTimeout(line.timer);
    if (state != "visible") {
      if (line.held) navigator.sendBeacon(address, message(line, line.signals.splice(0)));
    } else {
      // The lease may be another's by now: ask again instead of beating.
      line.held = 0;
      request(line);
    }
  });
};
