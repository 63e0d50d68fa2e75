// Gives the page `Leadtracker.init`, under Voicenter's name too, and obeys the script's own tag.

import { callback } from "./callback_loading.js";
import { json } from "./json.js";
import { AWAITED, KINDS, lineOf, lines, TOLD } from "./lines.js";
import { changeVisibility, wantNumber, whenNumberComes } from "./number_request.js";
import { address, load, settings } from "./script_tag.js";
import { watchVisitor } from "./signals.js";
import { ownNumber, showNumbers, watchPage } from "./swap.js";
import { debugging, guarded, log, trace } from "./trace.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {Partial<Record<import("./lines.js").ActionKind, string | string[]>>} Selectors */
/** @typedef {Selectors & {now?: unknown}} Actions */

/**
 * @callback NumberThen
 * @param {((did: string) => unknown) | null} [taken]
 * @param {((fault: unknown) => unknown) | null} [refused]
 * @param {boolean} [waits] false if nobody may be waiting
 * @returns {Promise<any>} as any promise's `then`
 */
/** @typedef {Promise<string> & {then: NumberThen}} NumberPromise */

/**
 * What the page's snippet kept for us, when it stands before the script.
 * @typedef {[
 *   given: Parameters<typeof init>,
 *   resolve: (did: string) => void,
 *   reject: (fault: unknown) => void,
 * ]} KeptCall
 */

/**
 * @typedef {object} Tracker
 * @property {typeof init} init
 * @property {typeof callback} callback
 * @property {typeof lines} lines
 * @property {typeof log} log
 * @property {string} address
 * @property {typeof currentVisitor} visitor
 * @property {KeptCall[]} [q] of the page's snippet
 */

const LONGEST_INFO = 2e4; // characters as JSON; the server keeps less

// No Error: the browser would take it for one of a foreign script and not tell
// `unhandledrejection` of it.
const NO_NUMBER = new DOMException("Leadtracker: no number");

/** @param {Line} line @param {any} info @param {Actions} [actions] */
const extend = (line, info, actions) => {
  currentVisitor();
  Object.keys(Object(info)).forEach(
    guarded((key) => {
      const text = json(info[key]);
      if (text.length + json(line.info).length < LONGEST_INFO) line.info[key] = JSON.parse(text);
    }),
  );
  const asked = { ...actions };
  KINDS.forEach((kind) => (line[kind] = line[kind].concat(asked[kind] || [])));
  if (asked.now || !KINDS.some((kind) => asked[kind])) wantNumber(line, TOLD);
  showNumbers();
};

/**
 * @param {string} token
 * @param {object} [info] visitorInfo
 * @param {Actions} [actions]
 * @returns {NumberPromise} of the DID, or the page's own number; rejects when there is neither
 */
const init = (token, info, actions) => {
  trace([token, info]);
  const line = lineOf(token);
  guarded(extend)(line, info, actions);
  // No plain promise: whoever waits for the number, by `await` too, comes to `then`, and shall have
  // it, seen or not. What nobody waits for is not rejected either.
  return Object.assign(Object.create(Promise.prototype), {
    /** @type {NumberThen} */
    then(taken, refused, waits = true) {
      if (waits) wantNumber(line, AWAITED);
      return line.settled
        .then(() => line.did || ownNumber(line) || Promise.reject(NO_NUMBER))
        .then(taken, refused);
    },
  });
};

/** @returns {Tracker} */
const start = () => {
  const changed = () => changeVisibility(document.visibilityState);
  document.addEventListener("visibilitychange", changed);
  addEventListener("pageshow", changed);
  addEventListener("pagehide", () => changeVisibility("left"));
  // A page that does not handle the rejection of `init` shall not have it in its console.
  addEventListener("unhandledrejection", (event) => {
    if (event.reason == NO_NUMBER) event.preventDefault();
  });
  whenNumberComes(showNumbers);
  watchPage();
  watchVisitor();
  if (debugging) load("debug.js").catch(trace);
  return { init, callback, lines, log, address, visitor: currentVisitor };
};

const stubs = [self.Leadtracker, self.VC_DID_TRACKER];
// Included twice: the first copy works for both.
const [first] = stubs;
const tracker = first && first.lines ? first : start();
self.Leadtracker = self.VC_DID_TRACKER = tracker;
stubs.forEach((stub) => {
  // Whether anybody waits for these nobody can tell.
  if (stub && stub.q)
    stub.q
      .splice(0)
      .forEach(([given, resolve, reject]) => tracker.init(...given).then(resolve, reject, false));
});
if (settings.token) tracker.init(settings.token, undefined, settings);
