// Who is here: the ids of visitor and visit, how they arrived, and the lease they hold, kept in localStorage.

import { state } from "./number_request.js";
import { digits } from "./spelling.js";

const VISIT_PAUSE = 18e5; // milliseconds without activity that end a visit: 30 minutes
const LONGEST_URL = 2000;
const CAMPAIGN = /(utm_\w+|\w+clk?id|.braid)=[^&#]*/g;

/**
 * @typedef {{url: string, referrer: string, at: number}} Arrival `at` is epoch milliseconds of the browser
 * @typedef {object} Visitor
 * @property {string} visitor 22 random digits
 * @property {string} visit
 * @property {Arrival} arrival how this visit came
 * @property {Arrival} first how the visitor came the first time ever
 * @property {number} at epoch milliseconds of the last thing done in this visit
 * @property {number} engaged seconds in which a page of this visit was visible
 * @property {number} pages of this visit
 * @property {Record<string, string | null | undefined>} leases signed lease by site token
 */

/** Stands in for localStorage where that is blocked; lives as long as the page. @type {Partial<Visitor> | null} */
let memory;

/** Whether this page has made its visit known. @type {boolean} */
let loaded;

const newId = () => digits(crypto.getRandomValues(new Uint32Array(5))).slice(0, 22);

/**
 * The campaign parameters and the foreign referrer of an arrival: empty for a direct one.
 * @param {Arrival} arrival
 */
const source = ({ url, referrer }) =>
  (url.match(CAMPAIGN) || "") + (referrer.split("/")[2] == location.host ? "" : referrer);

/**
 * The visitor as of now; begins a new visit when the last one is over or a new source brought this page.
 * Read from storage each time, because another tab may have written it.
 * @param {Visitor["leases"]} [leases] new ones
 * @returns {Visitor}
 */
export const currentVisitor = (leases) => {
  const at = Date.now();
  const arrival = { url: location.href.slice(0, LONGEST_URL), referrer: document.referrer, at };
  // Only the load of a page can be an arrival, its later life cannot.
  const came = !loaded && source(arrival);
  try {
    memory = JSON.parse(localStorage.leadtracker);
  } catch (blocked) {}
  /** @type {any} */
  const visitor = (memory = { visitor: newId(), first: arrival, leases: {}, ...memory });
  if (!(at - visitor.at < VISIT_PAUSE) || (came && came != source(visitor.arrival)))
    Object.assign(visitor, { visit: newId(), arrival, engaged: 0, pages: 1 });
  else if (!loaded) visitor.pages++;
  else if (state == "visible") visitor.engaged += (at - visitor.at) / 1000;
  loaded = true;
  visitor.at = at;
  Object.assign(visitor.leases, leases);
  try {
    localStorage.leadtracker = JSON.stringify(visitor);
  } catch (blocked) {}
  return visitor;
};
