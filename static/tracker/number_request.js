// Asks the server for a number and keeps it, by heartbeats and by a word on leaving.

import { json } from "./json.js";
import { lines } from "./lines.js";
import { address } from "./script_tag.js";
import { guarded, trace } from "./trace.js";
import { setVisibility, visibility } from "./visibility.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./lines.js").Line} Line */

/**
 * What the server answers: a number, or to a heartbeat whether it knows the lease.
 * @typedef {{
 *   did?: string, display: string, lease?: string | null, reason?: string, known?: boolean
 * }} Answer
 */

const PATIENCE = 5000; // milliseconds until who waits for the server is given the page's own number
const BEAT = 30000; // milliseconds between two beats
const FIRST_BEAT = 10000; // ... until the first one, which ends the trial of a number, and
// after a loss
const LOSSES = 2; // in a row that are made good so soon, before a wanted number is another's

/**
 * Called when a line has got a number, or lost it for none.
 * @type {(lost: boolean) => void}
 */
let numberCame = () => {};

/** @param {typeof numberCame} listener */
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
  const { visitor, visit, engaged, pages, leases, arrival, first } = currentVisitor();
  const lease = leases[line.token];
  const well = line.answered && line.lease == lease && !line.failures;
  const message = {
    ask: well || visibility != "visible" ? "beat" : "number",
    token: line.token,
    info: line.info,
    visitor,
    visit,
    engaged,
    pages,
    lease,
    state: visibility,
    signals: line.signals,
    page: location.href,
    arrival,
    first,
  };
  trace(message);
  return json(message);
};

/** @param {Line} line @returns {Promise<Answer>} */
const ask = async (line) => {
  const response = await fetch(address, {
    method: "POST",
    body: messageOf(line),
    signal: AbortSignal.timeout && AbortSignal.timeout(BEAT),
  });
  if (!response.ok) throw response;
  return response.json();
};

/** @param {Line} line @param {Answer} answer */
const takeNumber = (line, { did, display, lease }) => {
  line.answered = true;
  line.lease = lease;
  currentVisitor({ [line.token]: lease });
  const [number] = /^\+\d{7,}$/.exec(did || "") || [""];
  if (number || line.did) {
    // The page may have written the number we promised.
    if (line.did && line.did != number) line.swap.push(line.did);
    line.did = number;
    line.display = display;
    numberCame(!number);
  }
};

/** @param {Line} line */
const request = async (line) => {
  if (visibility != "visible") return;
  clearTimeout(line.timer);
  setTimeout(line.settle, PATIENCE);
  const { length } = line.signals;
  let firm;
  try {
    const answer = await ask(line);
    trace(answer);
    if (answer.reason) takeNumber(line, answer);
    else if (!answer.known) throw answer;
    // Only a beat tells signals.
    if ("known" in answer) line.signals.splice(0, length);
    // What was given just now is on trial.
    firm = !answer.reason;
    line.failures = 0;
  } catch (failure) {
    trace(failure);
    line.failures++;
    // Refused, and no number that could be lost: asking again would change nothing.
    if (!line.lease && Object(failure).status < 405) line.failures = 0;
  }
  line.settle();
  // While a number is shown no pause may grow longer than its lease.
  if (line.lease)
    line.timer = setTimeout(request, firm || line.failures > LOSSES ? BEAT : FIRST_BEAT, line);
  else if (line.failures) line.timer = setTimeout(request, BEAT * (1 + line.failures), line);
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
