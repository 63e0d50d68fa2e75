// Says in the console and in a panel what the tracker found, asked, was answered and swapped.

import { causeOf, LATE } from "./debug_cause.js";
import { findings, remark } from "./debug_findings.js";
import { addToReport, openPanel, showFindings } from "./debug_panel.js";

/** @typedef {import("./debug_findings.js").Remark} Remark */

const PATIENCE = 5000; // milliseconds, as number_request.js has it
const PERIOD = 2000; // milliseconds between two looks at the page

const { log } = self.Leadtracker;
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
 * What the tracker noted, in words.
 * @param {any} detail whatever it was: an init, a message, an answer, a failure
 * @param {number} at
 * @returns {Promise<Remark>}
 */
const describe = async (detail, at) => {
  if (Array.isArray(detail)) return remark(`init: token ${detail[0]}`);
  if (detail && detail.ask) return onAsked(detail, at);
  answered = true;
  const took = `${at - askedAt} ms`;
  if (detail && detail.reason) {
    const text = `answered: ${detail.display || "no number"}, ${detail.reason}, ${took}`;
    return remark(text, detail.lease ? "good" : "warn");
  }
  if (detail && detail.known) return remark(`answered: beat known, ${took}`, "good");
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
