// Says what of visitorInfo cannot be sent as the page gave it.

/**
 * @param {any} told
 * @param {Record<string, any>} kept
 * @param {string} key
 */
const isWhole = (told, kept, key) => {
  try {
    const text = JSON.stringify(told[key]);
    // Half a character comes out as its code.
    return text == JSON.stringify(kept[key]) && !/\\ud[89a-f]/i.test(text || "");
  } catch (unreadable) {
    return false;
  }
};

/**
 * @param {any} told by the page
 * @param {Record<string, any>} kept to be sent
 * @returns {string[]} keys
 */
export const spoiltKeys = (told, kept) => {
  try {
    return Object.keys(Object(told)).filter((key) => !isWhole(told, kept, key));
  } catch (unreadable) {
    return ["all of it"];
  }
};
