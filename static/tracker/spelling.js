// One phone number in all its spellings: finds the page's own number in a text and writes ours in the same format.

/** Stands between two texts that are searched as one: a number may be split over several elements. */
export const JOINT = "\v";

/** @param {any} text */
export const digits = (text) => ("" + text).replace(/[^\d*]/g, "");

/**
 * @param {string} own the number to be found, in any spelling ("03-123-4567", "+972 3 1234567", "*2345")
 * @param {string} did the number to write, E.164
 * @param {string} display the same number as the site shows it, "072-277-6772" or "+972 72-277-6772"
 * @returns {(text: string) => string} replaces each appearance of `own`; keeps every JOINT
 */
export const respeller = (own, did, display) => {
  const given = digits(own);
  const shown = display.replace(/^\+\d+\D/, "");
  // A leading 0 belongs to the format, not to the number, be it a trunk digit (Israel) or for ever (Italy).
  const number = digits(shown).replace(/^0/, "");
  const country = did.slice(1, -number.length).replace(/0$/, "");
  const wanted = given.replace(RegExp(`^(00)?${country}0?(?=\\d{7})|^0`), "");
  // A toll-free or star number has a format of its own, in which ours has no place.
  const alike = wanted != given || wanted.length == number.length;
  // Between two digits may stand spaces, dashes, dots, brackets, direction marks, JOINT.
  const pattern = RegExp(
    `((?:^|[^\\d.-])[.-]?(?:0{0,2}${country})?[\\W0]{0,6})([${[...wanted].join("]\\W{0,4}[")}])(?![.-]?\\d)`,
    "g",
  );

  return (text) =>
    wanted[3]
      ? text.replace(pattern, (_, start, rest) => {
          // Fill from the right, so that digits too many or too few change the first group only.
          let taken = 0;
          let end = number.length - wanted.length;
          return (
            start +
            (alike
              ? rest.replace(/\d/g, () => number.slice(taken, (taken = Math.max(++end, 0))))
              : (/\d/.test(start) ? shown.replace("0", "") : display) + rest.replace(/[^\v]/g, ""))
          );
        })
      : text;
};
