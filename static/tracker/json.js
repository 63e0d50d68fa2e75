// Writes JSON that no page can spoil, by a `toJSON` of all lists or by a JSON.stringify of its own.

const LONGEST = 8e3; // characters of a text

/** @param {string} text */
const quote = (text) =>
  `"${text.slice(0, LONGEST).replace(/["\\\0-\x1f]/g, (sign) => "\\u00" + escape(sign).slice(1))}"`;

/**
 * @param {any} value
 * @returns {string} no JSON where a value has none, such as NaN; throws for what cannot be read, or
 *   has no end
 */
export const json = (value) => {
  if (typeof value == "string") return quote(value);
  if (Object(value) !== value) return "" + value;
  if (value.toISOString) return quote(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(json)}]`;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return `{${keys.map((key) => quote(key) + ":" + json(value[key]))}}`;
};
