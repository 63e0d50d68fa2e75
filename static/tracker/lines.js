// Keeps the lines of this page: what each site token shows, and how it stands with its number.

/** @typedef {"text" | "href" | "call" | "swap"} ActionKind */

/**
 * What visitors do with a number.
 * @typedef {"tap" | "copy" | "menu" | "save"} Signal
 */

/**
 * @typedef {object} Line
 * @property {string} token
 * @property {Record<string, any>} info visitorInfo, a copy of what can be sent of it
 * @property {string[]} text selectors of elements whose text becomes the number
 * @property {string[]} href selectors of links that become tel: links
 * @property {string[]} call selectors of elements whose click dials
 * @property {string[]} swap the page's own numbers, to be replaced wherever they appear
 * @property {number} [reason] SEEN, USED and so on; none as long as the number is not asked for
 * @property {string} [did] the number that the page shows, E.164
 * @property {string} display the same as the site writes it; comes with it
 * @property {Signal[]} signals what the server was not told yet
 * @property {boolean} answered whether the server gave an answer since the page was shown
 * @property {string | null} [lease] the lease that the server then named; none with the site's
 *   default number
 * @property {number} failures requests in a row
 * @property {ReturnType<typeof setTimeout>} [timer] of the next beat or retry
 * @property {Promise<void>} settled by the first answer or failure, or when it takes too long
 * @property {() => void} settle
 */

// Why a number is asked for; debug.js has the words.
export const SEEN = 1;
export const USED = 2;
export const AWAITED = 3;
export const TOLD = 4;
export const BLIND = 5;

/** @type {ActionKind[]} */
export const KINDS = ["text", "href", "call", "swap"];

/**
 * By token.
 * @type {Map<string, Line>}
 */
export const lines = new Map();

/** @param {string} token @returns {Line} */
const newLine = (token) => {
  /** @type {any} no Line yet: its lists and its promise are still to come */
  const line = { token, info: {}, signals: [], answered: false, failures: 0 };
  KINDS.forEach((kind) => (line[kind] = []));
  line.settled = new Promise((resolve) => (line.settle = resolve));
  return line;
};

/**
 * The line of a token, a new one if need be.
 * @param {string} token
 */
export const lineOf = (token) => {
  const line = lines.get(token) || newLine(token);
  lines.set(token, line);
  return line;
};
