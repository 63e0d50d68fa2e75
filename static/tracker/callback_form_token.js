// Fetches the form token that a request needs, and what the server says with it.

import { exchange, learnCallbackPath } from "./callback_server.js";

const LONGEST_AGE = 25 * 60e3; // milliseconds; the server takes a token for 30 minutes

/** @typedef {{token: string, visitor: string, visit: string}} Sender `token`: of the site */

/**
 * @typedef {object} FormToken
 * @property {string} form the token
 * @property {string} [callback] the path of requests, where it is not /callback
 * @property {boolean} open
 * @property {string | null} opens
 * @property {string[]} countries that may be called
 * @property {string} country the site's own
 */

/** @type {{asked: Promise<FormToken>, token: string, at: number} | null} */
let last = null;

/** The next request needs another one. */
export const spendFormToken = () => {
  last = null;
};

/** @param {Sender} sender @returns {Promise<FormToken>} */
const ask = async (sender) => {
  const { address } = self.Leadtracker;
  const answer = await exchange(address, { ask: "form", ...sender, page: location.href });
  if (!Array.isArray(answer.countries)) throw answer;
  learnCallbackPath(answer.callback);
  return answer;
};

/**
 * One that is not too old.
 * @param {Sender} sender
 */
export const formToken = (sender) => {
  const { token } = sender;
  if (!last || last.token != token || Date.now() - last.at > LONGEST_AGE) {
    last = { asked: ask(sender), token, at: Date.now() };
    last.asked.catch(spendFormToken);
  }
  return last.asked;
};
