// Says what the page has for each line, and what it shows.

import { countShown, isInView, isSelector, matchesOf, placesOf } from "./debug_places.js";
import { AWAITED, BLIND, SEEN, TOLD, USED } from "./lines.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {{text: string, tone: "good" | "warn" | "plain"}} Remark */

/** @type {Record<number, string>} */
const REASONS = {
  [SEEN]: "a place for it was seen for a second",
  [USED]: "a place for it was about to be used",
  [AWAITED]: "the page waits for it",
  [TOLD]: "the page wants it at once",
  [BLIND]: "this browser does not tell what is seen",
};

/** @param {string} text @param {Remark["tone"]} [tone] @returns {Remark} */
export const remark = (text, tone = "plain") => ({ text, tone });

/**
 * Why the number is asked for, or not yet.
 * @param {Line} line
 */
const onAsking = (line) => {
  if (line.reason) return remark(`asked for because ${REASONS[line.reason]}`);
  const places = [...placesOf(line)];
  if (!places.length) return remark("not asked for: there is no place for it on this page", "warn");
  const seen = places.filter(isInView).length;
  return remark(
    `not asked for yet: none of its ${places.length} places was seen for a second; ` +
      `${seen} in view now`,
  );
};

/** @param {Line} line */
const onNumber = ({ did, display }) => {
  if (!did) return remark("no number of ours is shown; the page keeps its own", "warn");
  return remark(`${display} (${did}) is shown in ${countShown(did)} places`, "good");
};

/**
 * What a selector finds.
 * @param {Line} line
 * @param {string} kind
 * @param {string} selector
 */
const onSelector = (line, kind, selector) => {
  const say = `${kind}: ${selector}:`;
  if (!isSelector(selector)) return remark(`${say} is not a selector`, "warn");
  const found = matchesOf(selector);
  if (!found.length) return remark(`${say} matches nothing on this page`, "warn");
  let words = `${found.length} element`;
  if (found.length > 1) words += "s";
  if (!line.reason) words += `, ${found.filter(isInView).length} in view`;
  return remark(`${say} ${words}`);
};

/** @param {Line} line @returns {Remark[]} */
const onLine = (line) => [
  onAsking(line),
  onNumber(line),
  ...line.text.map((selector) => onSelector(line, "text", selector)),
  ...line.href.map((selector) => onSelector(line, "href", selector)),
  ...line.call.map((selector) => onSelector(line, "call", selector)),
  ...line.swap.map((own) => remark(`swap: ${own}`)),
];

export const findings = () => [...self.Leadtracker.lines.values()].flatMap(onLine);
