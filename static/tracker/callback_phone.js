// Groups the digits of a phone number as people in its country do, while it is typed.

import { codeIn, dialingCode, greatestCountry } from "./dialing_codes.js";

export { dialingCode };

/**
 * How a number that begins so is written at home.
 * @type {Record<string, [begins: RegExp, mask: string][]>}
 */
const MASKS = {
  AU: [
    [/^04/, "#### ### ###"],
    [/^0[2378]/, "## #### ####"],
  ],
  BE: [
    [/^04/, "#### ## ## ##"],
    [/^0[2-4]|^09/, "## ### ## ##"],
    [/^0/, "### ## ## ##"],
  ],
  CH: [[/^0/, "### ### ## ##"]],
  ES: [[/^[6-9]/, "### ## ## ##"]],
  FR: [[/^0/, "## ## ## ## ##"]],
  GB: [
    [/^02/, "### #### ####"],
    [/^0(3|8|11|1\d1)/, "#### ### ####"],
    [/^0/, "##### ######"],
  ],
  IL: [
    [/^0[57]/, "###-###-####"],
    [/^0/, "##-###-####"],
    [/^1[78]00/, "#-###-###-###"],
  ],
  IT: [
    [/^3/, "### ### ####"],
    [/^0[26]/, "## #### ####"],
  ],
  NL: [
    [/^06/, "## ########"],
    [/^0/, "### ### ####"],
  ],
  US: [
    [/^1/, "# (###) ###-####"],
    [/^/, "(###) ###-####"],
  ],
};
MASKS.CA = MASKS.US;

/**
 * Digits of any keyboard as 0 to 9, and nothing else.
 * @param {string} text
 */
const digitsOf = (text) =>
  text.replace(/[٠-٩۰-۹０-９]/g, (digit) => String(digit.charCodeAt(0) & 15)).replace(/\D/g, "");

/** @param {string} text */
const hasPlus = (text) => /^\W*[+＋]/.test(text);

/**
 * The digits of an international number, beginning with its dialing code.
 * @param {string} text
 */
const internationalDigits = (text) => {
  const digits = digitsOf(text);
  if (hasPlus(text)) return digits;
  if (digits.startsWith("00")) return digits.slice(2);
  return undefined;
};

/** @param {string} digits @param {string} mask */
const fill = (digits, mask) => {
  let taken = 0;
  let text = "";
  for (const sign of mask) {
    if (taken == digits.length) break;
    if (sign == "#") text += digits[taken++];
    else text += sign;
  }
  return text + digits.slice(taken);
};

/**
 * Groups of three, the last of up to four.
 * @param {string} digits
 */
const inThrees = (digits) => digits.replace(/(\d{3})(?=\d{2,})/g, "$1 ");

/**
 * As at home, where we know how.
 * @param {string} digits
 * @param {string} country
 */
const masked = (digits, country) => {
  const found = (MASKS[country] || []).find(([begins]) => begins.test(digits));
  return found && fill(digits, found[1]);
};

/**
 * The country of an international number, be it the chosen one.
 * @param {string} code
 * @param {string} chosen
 */
const countryOfCode = (code, chosen) =>
  dialingCode(chosen) == code ? chosen : greatestCountry(code);

/**
 * The country that an international number (+ or 00) is of.
 * @param {string} text
 * @param {string} chosen stays where it has the same code
 */
export const countryOf = (text, chosen) => {
  const code = codeIn(internationalDigits(text) || "");
  if (!code) return chosen;
  return countryOfCode(code, chosen);
};

/**
 * What stands in the field: the same digits, grouped.
 * @param {string} text
 * @param {string} country two letters
 */
export const format = (text, country) => {
  const digits = internationalDigits(text);
  if (digits === undefined) return masked(digitsOf(text), country) || inThrees(digitsOf(text));
  const code = codeIn(digits);
  const number = digits.slice(code.length);
  if (!code || !number) return "+" + digits;
  const home = countryOfCode(code, country);
  // At home a 0 may stand before it, abroad it does not.
  const withZero = masked("0" + number, home) || "";
  const shown = masked(number, home) || withZero.slice(1) || inThrees(number);
  return `+${code} ${shown}`;
};

/**
 * What is sent: international where the country is known.
 * @param {string} text
 * @param {string} country two letters
 */
export const international = (text, country) => {
  const digits = digitsOf(text);
  if (internationalDigits(text) !== undefined) return "+" + digits.replace(/^00/, "");
  if (!country) return digits;
  const code = "+" + dialingCode(country);
  // In Italy a 0 before the number is a part of it; in countries whose numbers we do not know it is
  // the server's to judge.
  if (!MASKS[country] || country == "IT") return code + digits;
  return code + digits.replace(/^0/, "");
};

/**
 * Whether enough digits are there to be a number.
 * @param {string} text
 */
export const isComplete = (text) => /^\d{6,17}$/.test(digitsOf(text));
