// The tracker: gives the page `Leadtracker.init`, under Voicenter's name too, and starts what the tag itself asks for.

import { request, turn } from "./number_request.js";
import { address, settings } from "./script_tag.js";
import { watchVisitor } from "./signals.js";
import { lines, ownNumber, show, watchPage } from "./swap.js";
import { debugging, log, trace } from "./trace.js";

/** @typedef {import("./swap.js").Line} Line */

// No Error: the browser would take it for one of a foreign script and not tell `unhandledrejection` of it.
const NO_NUMBER = new DOMException("Leadtracker: no number");

/**
 * @param {string} token
 * @param {object} [info] visitorInfo
 * @param {Partial<Record<"text" | "href" | "call" | "swap", string | string[]>>} [actions]
 * @returns {Promise<string>} the DID, or the page's own number; rejects when there is neither
 */
const answer = async (token, info, actions) => {
  trace([token, info, actions]);
  /** @type {Line} */
  const line = lines.get(token) || { token, info: {}, text: [], href: [], call: [], swap: [], signals: [], beat: 30, failed: 0 };
  try {
    lines.set(token, line);
    Object.assign(line.info, info);
    ["text", "href", "call", "swap"].forEach((kind) => (line[kind] = line[kind].concat({ ...actions }[kind] || [])));
    if (!line.asked) {
      line.asked = new Promise((done) => (line.done = done));
      request(line);
    }
    if (line.did) show();
    await line.asked;
  } catch (fault) {
    trace(fault);
  }
  const number = line.did || ownNumber(line);
  if (number) return number;
  throw NO_NUMBER;
};

/** @type {typeof answer} */
const init = (...given) => {
  const promise = answer(...given);
  promise.catch(() => {});
  return promise;
};

const start = () => {
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
  return { init, lines, log, address };
};

/** @type {any} */
const page = window;
const { Leadtracker: ours, VC_DID_TRACKER: theirs } = page;
// Included twice: the first copy works for both.
const tracker = ours && ours.lines ? ours : start();
page.Leadtracker = page.VC_DID_TRACKER = tracker;
[ours, theirs].forEach((stub) => {
  if (stub && stub.q) stub.q.splice(0).forEach(([given, resolve, reject]) => tracker.init(...given).then(resolve, reject));
});
if (settings.token) tracker.init(settings.token, {}, settings);
