// Reads in the server's answer how the call goes, as the visitor sees it.

/**
 * @typedef {"idle" | "sending" | "ringing" | "calling" | "connected" | "talked" | "scheduled" |
 *   "busy" | "uncertain" | "cancelled" | "refused" | "error"} State
 */

/**
 * @typedef {object} Course
 * @property {State} state
 * @property {string} [words] of a refusal: number, often, again, no
 * @property {string | null} [opens] when what is scheduled will be dialed
 * @property {boolean} [more] whether there is more to come
 */

/**
 * What the server says of a request.
 * @typedef {{state: string, words?: string, opens?: string | null}} Answer
 */

/** @type {Record<string, State>} by the server's name */
const STATES = {
  received: "ringing",
  dialling: "ringing",
  "agent answered": "calling",
  "visitor answered": "connected",
  talked: "talked",
  scheduled: "scheduled",
  failed: "busy",
  uncertain: "uncertain",
  unknown: "uncertain",
  cancelled: "cancelled",
  refused: "refused",
};
const GOING = ["received", "dialling", "agent answered", "visitor answered", "uncertain"];

/** @type {Partial<Record<State, "going" | "bad" | "good">>} */
const TONES = {
  sending: "going",
  refused: "bad",
  error: "bad",
  busy: "bad",
  talked: "good",
  scheduled: "good",
};

/** @param {Answer} answer @returns {Course} */
export const courseOf = ({ state, words, opens }) => {
  const name = String(state).replace("_", " ");
  const more = GOING.includes(name);
  if (words) return { state: "refused", words, opens, more };
  return { state: STATES[name] || "error", opens, more };
};

/**
 * The class of what is said: going, good, bad or none.
 * @param {Course} course
 */
export const toneOf = ({ state, more }) => (more && "going") || TONES[state] || "";
