// The tracker: gives the page `Leadtracker.init`, under Voicenter's name too, and starts what the tag itself asks for.

import { request, turn } from "./number_request.js";
import { address, settings } from "./script_tag.js";
import { watchVisitor } from "./signals.js";
import { lines, ownNumber, show, watchPage } from "./swap.js";
import { debugging, log, trace } from "./trace.js";

/** @returns {Promise<string>} the DID, or the page's own number; rejects when there is neither */
const answer = async (token, info, actions) => {
  trace([token, info, actions]);
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
  throw Error("Leadtracker: no number");
};

/**
 * A rejection that the page does not handle shall not be in its console, nor that of a promise made from this one.
 * @param {Promise<any>} promise
 */
const hushed = (promise) => {
  const { then } = promise;
  promise.catch(() => {});
  promise.then = (...handlers) => hushed(then.apply(promise, handlers));
  return promise;
};

const init = (...given) => hushed(answer(...given));

const start = () => {
  const turned = () => turn(document.visibilityState);
  turned();
  document.addEventListener("visibilitychange", turned);
  addEventListener("pageshow", turned);
  addEventListener("pagehide", () => turn("left"));
  watchPage();
  watchVisitor();
  if (debugging) import(new URL("debug.js", address)).catch(trace);
  return { init, lines, log, address };
};

const { Leadtracker: ours, VC_DID_TRACKER: theirs } = window;
// Included twice: the first copy works for both.
const tracker = ours && ours.lines ? ours : start();
window.Leadtracker = window.VC_DID_TRACKER = tracker;
[ours, theirs].forEach((stub) => {
  if (stub && stub.q) stub.q.splice(0).forEach(([given, resolve, reject]) => tracker.init(...given).then(resolve, reject));
});
if (settings.token) tracker.init(settings.token, {}, settings);
