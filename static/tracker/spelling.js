// Finds one phone number in all its spellings and writes another in the same format.

/**
 * Stands between two texts that are searched as one: a number may be split over several elements.
 */
export const JOINT = "\v";

/** @param {unknown} text */
export const digits = (text) => String(text).replace(/[^\d*]/g, "");

/**
 * @param {string} own the page's number, in any spelling ("03-123-4567", "+972 3 1234567", "*2345")
 * @param {string} did the number to write, E.164
 * @param {string} display the same as the site writes it, "072-277-6772" or "+972 72-277-6772"
 * @returns {(text: string) => string} replaces each appearance of `own`; keeps every JOINT
 */
export const respeller = (own, did, display) => {
  const given = digits(own);
  const national = display.replace(/^\+\d+\D/, "");
  // A leading 0 belongs to the format, not to the number, be it a trunk digit (Israel) or for ever
  // (Italy).
  const number = digits(national).replace(/^0/, "");
  const country = did.slice(1, -number.length).replace(/0$/, "");
  const wanted = given.replace(RegExp(`^(00)?${country}0?(?=\\d{7})|^0`), "");
  if (wanted.length < 4) return (text) => text;
  // A toll-free or star number has a format of its own, in which ours has no place.
  const sameFormat = wanted != given || wanted.length == number.length;
  // Between two digits may stand spaces, dashes, dots, brackets, direction marks, JOINT.
  const spelled = [...wanted].join("]\\W{0,4}[");
  const before = `(?:^|[^\\d.-])[.-]?(?:0{0,2}${country})?[\\W0]{0,6}`;
  const pattern = RegExp(`(${before})([${spelled}])(?![.-]?\\d)`, "g");

  /** @param {string} found */
  const overwrite = (found) => {
    // From the right, so that digits too many or too few change the first group only.
    let end = number.length - wanted.length;
    let start = 0;
    return found.replace(/\d/g, () => number.slice(start, (start = Math.max(++end, 0))));
  };

  return (text) =>
    text.replace(pattern, (_, /** @type {string} */ before, /** @type {string} */ found) => {
      if (sameFormat) return before + overwrite(found);
      // Where a dialing code stands already, ours comes without its 0.
      const ours = /\d/.test(before) ? national.replace("0", "") : display;
      return before + ours + found.replace(/[^\v]/g, "");
    });
};
