// Says in the console and in a panel what the tracker found, asked, was answered and swapped.

import { causeOf, LATE } from "./debug_cause.js";
import { findings, remark } from "./debug_findings.js";
import { spoiltKeys } from "./debug_info.js";
import { addToReport, openPanel, showFindings } from "./debug_panel.js";

/** @typedef {import("./debug_findings.js").Remark} Remark */

const PATIENCE = 5000; // milliseconds, as number_request.js has it
const PERIOD = 2000; // milliseconds between two looks at the page

const { lines, log } = self.Leadtracker;
let beats = 0;
let askedAt = 0;
let answered = false;
/** A wrong selector fails at each change of the page: once is enough. */
const told = new Set();

/**
 * @param {{ask: string, visitor: string, state: string, signals: string[]}} message
 * @param {number} at
 */
const onAsked = ({ ask, visitor, state, signals }, at) => {
  askedAt = at;
  answered = false;
  if (ask == "number") {
    setTimeout(() => {
      if (askedAt == at && !answered) show([LATE, Date.now()]);
    }, PATIENCE);
    return remark(`asked: number for visitor ${visitor}`);
  }
  let text = `asked: beat ${++beats} (${state})`;
  if (signals.length) text += `, signals: ${signals}`;
  return remark(text);
};

/**
 * @param {[token: string, info: unknown]} given
 * @returns {Promise<Remark>}
 */
const onInit = async ([token, info]) => {
  await null; // until the line is there
  const { info: kept = {} } = lines.get(token) || {};
  const spoilt = spoiltKeys(info, kept);
  if (!spoilt.length) return remark(`init: token ${String(token)}`);
  return remark(
    `init: token ${String(token)}; cut, or left out of visitorInfo: ${spoilt.join(", ")}`,
    "warn",
  );
};

/**
 * @param {any} answer
 * @param {string} took
 */
const onAnswered = (answer, took) => {
  const cut = answer.cut ? `; the server cut or left out ${answer.cut.join(", ")}` : "";
  if (answer.reason) {
    const text = `answered: ${answer.display || "no number"}, ${answer.reason}, ${took}${cut}`;
    return remark(text, answer.lease ? "good" : "warn");
  }
  return remark(`answered: beat known, ${took}${cut}`, cut ? "warn" : "good");
};

/**
 * What the tracker noted, in words.
 * @param {any} detail whatever it was: an init, a message, an answer, a failure
 * @param {number} at
 * @returns {Promise<Remark>}
 */
const describe = async (detail, at) => {
  if (Array.isArray(detail) && detail.length == 2)
    return onInit(/** @type {[string, unknown]} */ (detail));
  if (detail && detail.ask) return onAsked(detail, at);
  answered = true;
  const took = `${at - askedAt} ms`;
  if (detail && (detail.reason || detail.known)) return onAnswered(detail, took);
  return remark(`failed: ${await causeOf(detail)}`, "warn");
};

/** @param {[detail: unknown, at: number]} entry of the log */
const show = async ([detail, at]) => {
  const described = await describe(detail, at);
  const { text, tone } = described;
  if (detail instanceof DOMException && told.has(text)) return;
  told.add(text);
  if (tone == "warn") console.warn("[leadtracker] " + text);
  else console.log("[leadtracker] " + text);
  addToReport(described, at);
  showFindings(findings());
};

const start = () => {
  openPanel();
  log.forEach(show);
  log.push = (...entries) => {
    entries.forEach(show);
    return Array.prototype.push.apply(log, entries);
  };
  setInterval(() => showFindings(findings()), PERIOD);
};
if (document.body) start();
else addEventListener("DOMContentLoaded", start);
