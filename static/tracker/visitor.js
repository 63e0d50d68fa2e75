// Knows who is here: the ids of visitor and visit, how they arrived, and the leases they hold.

import { json } from "./json.js";
import { digits } from "./spelling.js";
import { visibility } from "./visibility.js";

const VISIT_PAUSE = 30 * 60e3; // milliseconds without activity that end a visit
const ID = /^[\w-]{16,32}$/;
const LONGEST_SEARCHED = 2000; // the time to search one grows with the square
const CAMPAIGN = /(utm_\w+|\w+clk?id|.braid)=[^&#]*/g;

/**
 * @typedef {{url: string, referrer: string, at: number}} Arrival `at`: epoch milliseconds of the
 *   browser
 */

/** @typedef {Record<string, string | null | undefined>} Leases signed lease by site token */

/**
 * What localStorage has under `leadtracker`.
 * @typedef {object} Visitor
 * @property {string} visitor 22 random digits
 * @property {string} visit
 * @property {Arrival} arrival how this visit came
 * @property {Arrival} first how the visitor came the first time ever
 * @property {number} at epoch milliseconds of the last thing done in this visit
 * @property {number} engaged seconds in which a page of this visit was visible
 * @property {number} pages of this visit
 * @property {Leases} leases
 */

/**
 * Stands in for localStorage where that is blocked; lives as long as the page.
 * @type {any} what it holds others may have written
 */
let memory;

/** Whether this page has made its visit known. */
let loaded = false;

const newId = () => digits(crypto.getRandomValues(new Uint32Array(5))).slice(0, 22);

/**
 * The campaign parameters and the foreign referrer of an arrival: empty for a direct one.
 * @param {Arrival} arrival
 */
const sourceOf = ({ url, referrer }) => {
  const campaign = String(url.slice(0, LONGEST_SEARCHED).match(CAMPAIGN) || "");
  const own = referrer.split("/")[2] == location.host;
  return own ? campaign : campaign + referrer;
};

/**
 * The visitor as of now; begins a new visit when the last one is over or a new source brought this
 * page. Reads from storage each time, because another tab may have written it.
 * @param {Leases} [leases] new ones
 * @returns {Visitor}
 */
export const currentVisitor = (leases) => {
  const at = Date.now();
  const arrival = { url: location.href, referrer: document.referrer, at };
  try {
    const stored = JSON.parse(localStorage.leadtracker);
    // Others may have written it: what is spoilt throws or does not match.
    sourceOf(stored.arrival);
    if (stored.visitor.match(ID) && stored.visit.match(ID)) memory = stored;
  } catch (blocked) {}
  /** @type {Visitor} somebody new has no visit yet, and no `at` */
  const visitor = (memory = { visitor: newId(), first: arrival, ...memory });
  const elapsed = at - visitor.at;
  // Only the load of a page can be an arrival, its later life cannot.
  const source = !loaded && sourceOf(arrival);
  const goesOn = elapsed < VISIT_PAUSE && (!source || source == sourceOf(visitor.arrival));
  if (!goesOn) Object.assign(visitor, { visit: newId(), arrival, engaged: 0, pages: 1 });
  else if (!loaded) visitor.pages++;
  else if (visibility == "visible") visitor.engaged += elapsed / 1000;
  loaded = true;
  visitor.at = at;
  visitor.leases = { ...visitor.leases, ...leases };
  try {
    localStorage.leadtracker = json(visitor);
  } catch (blocked) {}
  return visitor;
};
