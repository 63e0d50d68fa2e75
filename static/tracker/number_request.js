// Asks the server for a number and keeps it, by heartbeats and by a word on leaving.

import { lines } from "./lines.js";
import { address } from "./script_tag.js";
import { guarded, trace } from "./trace.js";
import { setVisibility, visibility } from "./visibility.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./lines.js").Line} Line */

/**
 * What the server answers: a number, or to a heartbeat whether it knows the lease.
 * @typedef {{did?: string, display: string, lease?: string | null, known?: boolean}} Answer
 */

const PATIENCE = 5000; // milliseconds until who waits for the server is given the page's own number
const BEAT = 30000; // milliseconds between two beats
const FIRST_BEAT = 10000; // ... and until the first one, which ends the trial of a number

/** Called when a line has got a number. */
let numberCame = () => {};

/** @param {() => void} listener */
export const whenNumberComes = (listener) => {
  numberCame = listener;
};

/**
 * A heartbeat, as long as all is well; else a number request, which gives back the same number if
 * it can. Another tab may have been given another number: then its lease is in storage, and we ask
 * for that number.
 * @param {Line} line
 */
const messageOf = (line) => {
  const { leases, at, ...visitor } = currentVisitor();
  const lease = leases[line.token];
  const well = line.answered && line.lease == lease && !line.failures;
  const message = {
    ask: well || visibility != "visible" ? "beat" : "number",
    token: line.token,
    info: line.info,
    ...visitor,
    page: location.href,
    lease,
    state: visibility,
    signals: line.signals,
  };
  trace(message);
  return JSON.stringify(message);
};

/** @param {Line} line @returns {Promise<Answer>} */
const ask = async (line) => {
  const response = await fetch(address, {
    method: "POST",
    body: messageOf(line),
    signal: AbortSignal.timeout && AbortSignal.timeout(BEAT),
  });
  if (!response.ok) throw response.status;
  return response.json();
};

/** @param {Line} line @param {Answer} answer */
const takeNumber = (line, { did, display, lease }) => {
  line.answered = true;
  line.lease = lease;
  currentVisitor({ [line.token]: lease });
  if (did && /^\+\d{7,}$/.test(did)) {
    // The page may have written the number we promised.
    if (line.did && line.did != did) line.swap.push(line.did);
    line.did = did;
    line.display = display;
    numberCame();
  }
};

/** @param {Line} line */
const request = async (line) => {
  if (visibility != "visible") return;
  clearTimeout(line.timer);
  setTimeout(line.settle, PATIENCE);
  const { length } = line.signals;
  try {
    const answer = await ask(line);
    trace(answer);
    if (answer.did || !answer.known) takeNumber(line, answer);
    // Only a beat tells signals.
    line.proven = "known" in answer;
    if (line.proven) line.signals.splice(0, length);
    line.failures = 0;
  } catch (failure) {
    trace(failure);
    line.failures++;
    if (/** @type {number} */ (failure) < 500) {
      // Refused: asking again would change nothing.
      line.failures = 0;
      line.answered = false;
    }
  }
  line.settle();
  if ((line.answered && line.lease) || line.failures)
    line.timer = setTimeout(
      request,
      (line.proven || !line.lease ? BEAT : FIRST_BEAT) * (1 + line.failures),
      line,
    );
};

/**
 * Asks for the number, once; in a hidden page as soon as it is shown.
 * @param {Line | undefined} line
 * @param {number} reason
 */
export const wantNumber = (line, reason) => {
  if (line && !line.reason) {
    line.reason = reason;
    request(line);
  }
};

/** @param {Line} line @param {import("./lines.js").Signal} signal */
export const tellSignal = (line, signal) => {
  line.signals.push(signal);
  if (line.answered) request(line);
};

/**
 * The page was shown, hidden or left.
 * @type {(next: import("./visibility.js").Visibility) => void}
 */
export const changeVisibility = guarded((next) => {
  if (next == visibility || (visibility == "left" && next == "hidden")) return;
  // Nothing is kept of a visitor before `init`.
  lines.forEach(() => currentVisitor());
  setVisibility(next);
  lines.forEach((line) => {
    if (next == "visible") {
      // The lease may be another's by now: ask again instead of beating.
      line.answered = false;
      if (line.reason) request(line);
    } else if (line.answered && navigator.sendBeacon(address, messageOf(line))) line.signals = [];
  });
});
