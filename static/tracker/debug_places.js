// Finds the places of a number in the page, open shadow roots and all.

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {Document | ShadowRoot} Root */

/** @param {Root} root @returns {Root[]} the root and the open shadow roots in it */
const rootsIn = (root) => {
  const inside = [...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot || []);
  return [root, ...inside.flatMap(rootsIn)];
};

/** @param {string} selector @returns {Element[]} */
const elementsOf = (selector) =>
  rootsIn(document).flatMap((root) => [...root.querySelectorAll(selector)]);

/** @param {string} selector */
export const isSelector = (selector) => {
  try {
    document.querySelector(selector);
    return true;
  } catch (fault) {
    return false;
  }
};

/** @param {string} selector @returns {Element[]} none when it is no selector */
export const matchesOf = (selector) => {
  try {
    return elementsOf(selector);
  } catch (fault) {
    return [];
  }
};

/** @param {unknown} text */
const digitsOf = (text) => String(text).replace(/\D/g, "");

/** @param {Root} root @returns {(string | null)[]} */
const textsIn = (root) => {
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode.nodeValue);
  return texts;
};

/**
 * How many texts and links show a number now.
 * @param {string} did
 */
export const countShown = (did) => {
  const links = elementsOf("[href^='tel:']").map((link) => link.getAttribute("href"));
  const texts = rootsIn(document).flatMap(textsIn);
  return [...links, ...texts].filter((text) => digitsOf(text).includes(did.slice(-7))).length;
};

/**
 * The elements that a number of the page's own stands in.
 * @param {string} own
 * @returns {Element[]}
 */
const holdersOf = (own) => {
  const end = digitsOf(own).slice(-4);
  /** @param {Node} node */
  const holds = (node) =>
    (node.nodeType == Node.TEXT_NODE || node.nodeName == "href") &&
    digitsOf(node.nodeValue).includes(end);
  if (!end) return [];
  return elementsOf("*").filter((element) =>
    [...element.childNodes, ...element.attributes].some(holds),
  );
};

/**
 * The places where the number of a line would stand.
 * @param {Line} line
 * @returns {Set<Element>}
 */
export const placesOf = ({ text, href, call, swap }) =>
  new Set([
    ...[...text, ...href, ...call].flatMap(matchesOf),
    ...swap.join().split(",").flatMap(holdersOf),
  ]);

/** @param {Element} element */
export const isInView = (element) => {
  const { top, left, bottom, right } = element.getBoundingClientRect();
  const hasSize = bottom > top && right > left;
  return hasSize && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
};
