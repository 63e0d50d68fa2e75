// Keeps in the tab the request that is not over: a reload or a second try is no second call.

const FORGOTTEN = 30 * 60e3; // milliseconds after which the same number is a new request
const NAME = "leadtracker-callback"; // in sessionStorage

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} phone
 * @property {string} place page and form; none once it is scheduled
 * @property {number} at epoch milliseconds
 */

/**
 * Stands in for sessionStorage where that is blocked.
 * @type {Kept | null}
 */
let memory = null;

/** @returns {Kept | null} the request that is not over, or was not answered */
export const kept = () => {
  try {
    memory = JSON.parse(sessionStorage[NAME]);
  } catch (blocked) {}
  if (memory && Date.now() - memory.at < FORGOTTEN) return memory;
  return null;
};

/** @param {Kept} request */
export const keep = (request) => {
  memory = request;
  try {
    sessionStorage[NAME] = JSON.stringify(request);
  } catch (blocked) {}
};

export const forget = () => {
  memory = null;
  try {
    sessionStorage.removeItem(NAME);
  } catch (blocked) {}
};
