// The tracker: gives the page `Leadtracker.init`, under Voicenter's name too, and starts what the tag itself asks for.

import { callback } from "./callback_loading.js";
import { turn, want } from "./number_request.js";
import { address, settings } from "./script_tag.js";
import { AWAITED, TOLD } from "./sight.js";
import { watchVisitor } from "./signals.js";
import { lines, ownNumber, show, watchPage } from "./swap.js";
import { debugging, log, quiet, trace } from "./trace.js";
import { currentVisitor } from "./visitor.js";

/** @typedef {import("./swap.js").Line} Line */

// No Error: the browser would take it for one of a foreign script and not tell `unhandledrejection` of it.
const NO_NUMBER = new DOMException("Leadtracker: no number");

const KINDS = "text,href,call,swap".split(",");

/**
 * @param {string} token
 * @param {object} [info] visitorInfo
 * @param {Partial<Record<"text" | "href" | "call" | "swap" | "now", string | string[]>>} [actions]
 * @returns {Promise<string>} the DID, or the page's own number; rejects when there is neither
 */
const init = (token, info, actions) => {
  trace([token]);
  /** @type {Line} */
  const line = lines.get(token) || { token, info: {}, untold: [], held: 0, failed: 0 };
  quiet(() => {
    line.answered = line.answered || new Promise((done) => (line.done = done));
    lines.set(token, line);
    currentVisitor();
    Object.assign(line.info, info);
    KINDS.forEach((kind) => (line[kind] = line[kind] || []));
    const asked = { ...actions };
    KINDS.forEach((kind) => (line[kind] = line[kind].concat(asked[kind] || [])));
    if (asked.now || !KINDS.some((kind) => asked[kind])) want(line, TOLD);
    show();
  })();
  return {
    // No plain Promise: whoever waits for the number, by `await` too, comes to `then`, and shall have it, seen or not.
    // What nobody waits for is not rejected either.
    __proto__: Promise.prototype,
    then(taken, refused, waits = want(line, AWAITED)) {
      return line.answered
        .then(() => line.number || ownNumber(line) || Promise.reject(NO_NUMBER))
        .then(taken, refused);
    },
  };
};

/** @type {any} */
const page = self;
const stubs = [page.Leadtracker, page.VC_DID_TRACKER];
// Included twice: the first copy works for both.
let [tracker] = stubs;
if (!tracker || !tracker.lines) {
  const turned = () => turn(document.visibilityState);
  turned();
  document.addEventListener("visibilitychange", turned);
  addEventListener("pageshow", turned);
  addEventListener("pagehide", () => turn("left"));
  // A page that does not handle the rejection of `init` shall not have it in its console.
  addEventListener("unhandledrejection", (event) => event.reason == NO_NUMBER && event.preventDefault());
  watchPage();
  watchVisitor();
  if (debugging) import(/** @type {any} */ (new URL("debug.js", address))).catch(trace);
  tracker = { init, callback, lines, log, address, visitor: currentVisitor };
}
page.Leadtracker = page.VC_DID_TRACKER = tracker;
stubs.forEach((stub) => {
  if (stub && stub.q) stub.q.splice(0).forEach(([given, resolve, reject]) => tracker.init(...given).then(resolve, reject, 0));
});
if (settings.token) tracker.init(settings.token, 0, settings);
