// Writes the numbers into the page, and again whenever the page changes what we wrote.

import { callback } from "./callback_loading.js";
import { settings } from "./script_tag.js";
import { look } from "./sight.js";
import { digits, JOINT, respeller } from "./spelling.js";
import { quiet } from "./trace.js";

/**
 * What one site token shows on this page.
 * @typedef {object} Line
 * @property {string} token
 * @property {object} info visitorInfo as the page gave it
 * @property {string[]} text selectors of elements whose text becomes the number
 * @property {string[]} href selectors of links that become tel: links
 * @property {string[]} call selectors of elements whose click dials
 * @property {string[]} swap the page's own numbers, to be replaced wherever they appear
 * @property {string} [number] E.164
 * @property {string} [shown] the same as the site shows it
 * @property {string[]} untold signals: what happened since the last beat: tap, copy, menu, save
 * @property {string | null | 0} held the lease of the number shown, while the server holds it for us; null when it is the
 *   site's default number, 0 when nothing is answered or the server refused
 * @property {number} failed requests in a row
 * @property {any} [timer] of the next beat or retry
 * @property {Promise<void>} [answered] settled by the first answer or failure
 * @property {() => void} [done] settles `answered`
 * @property {number} [why] the number is asked for: a reason of sight.js; none as long as it is not
 */

const ATTRIBUTES = "href,title,aria-label,alt,placeholder,content,value".split(",");
const MOST_WRITES = 5000; // in a second: a page that writes back what we replace must not hang

/** By token. @type {Map<string, Line>} */
export const lines = new Map();

/** @type {Set<Document | ShadowRoot>} */
const roots = new Set();
/** @type {((text: string, nodes: Node[]) => string)[]} */
let respellers = [];
/** What the page wrote, and what we made of it. @type {WeakMap<Node, [string, string]>} */
const written = new WeakMap();
let writes = 0;

/** @param {Text | Attr} node @param {string} value */
const write = (node, value) => {
  if (node.nodeValue != value) {
    if (!writes++) setTimeout(() => (writes = 0), 1000);
    if (writes < MOST_WRITES) node.nodeValue = value;
  }
};

/** @param {Node} root @param {number} kinds bits of NodeFilter @returns {any[]} */
const nodesOf = (root, kinds) => {
  const nodes = [];
  const walker = document.createTreeWalker(root, kinds);
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
};

/** @param {string[]} selectors @param {(element: any) => void} work */
export const each = (selectors, work) =>
  roots.forEach((root) => selectors.forEach(quiet((selector) => root.querySelectorAll(selector).forEach(work))));

/**
 * Replaces the words of an element, leaving its icons and the text nodes that a framework may hold on to.
 * @param {Element} element @param {string} text
 */
const setText = (element, text) => {
  const words = nodesOf(element, 4);
  const number = words.find((node) => /\d/.test(node.nodeValue)) || words[0];
  if (!number) element.append(text);
  words.forEach((node) => write(node, node == number ? text : ""));
};

/**
 * Starts from what the page wrote, not from what we made of it: a framework that changes one part of a number
 * believes the other part to be its own still.
 * @param {(Text | Attr)[]} nodes searched as one text
 * @param {Pick<typeof written, "get" | "set">} [memory]
 */
const respell = (nodes, memory = written) => {
  const own = nodes.map((node) => {
    const [theirs, ours] = memory.get(node) || [];
    return node.nodeValue == ours ? theirs : node.nodeValue;
  });
  let text = own.join(JOINT);
  respellers.forEach((respelled) => (text = respelled(text, nodes)));
  const parts = text.split(JOINT);
  if (parts.length == nodes.length)
    nodes.forEach((node, place) => {
      memory.set(node, [own[place], parts[place]]);
      write(node, parts[place]);
    });
};

/** @param {any} element */
const respellAttributes = (element) => {
  for (const attribute of element.attributes)
    if (
      ATTRIBUTES.includes(attribute.name) &&
      (attribute.name != "href" || /^tel:/i.test(attribute.value)) &&
      (attribute.name != "value" || /button|submit/.test(element.type))
    )
      respell([attribute]);
};

/** Whether the texts of an element are shown and not typed. @param {any} element */
const readable = (element) => !/script|style|textarea/i.test(element.nodeName) && !element.isContentEditable;

/** @param {any} root */
const sweep = (root) => {
  [root, ...nodesOf(root, 1)].forEach((node) => {
    if (node.attributes) respellAttributes(node);
    if (node.shadowRoot) watch(node.shadowRoot);
    if (readable(node)) respell([...node.childNodes].filter((child) => child.nodeType == 3));
  });
  // Then the numbers that are split over elements. A part of one may lie outside the root, so we cannot go back to
  // what the page wrote.
  respell(
    nodesOf(root, 4).filter((node) => readable(node.parentNode)),
    new Map(),
  );
};

/**
 * Changes nothing, but looks at what holds the last digits of a number of the page's own: how much more of it stands
 * before them we can tell only when we know ours. A number may be split over elements.
 * @param {string} own @param {Line} line
 * @returns {(text: string, nodes: any[]) => string}
 */
const finder = (own, line) => (text, nodes) => {
  const end = digits(own).slice(-4);
  if (end) nodes.forEach((node) => digits(node.nodeValue).includes(end) && look(line, node.ownerElement || node.parentNode));
  return text;
};

/** Looks for what wants click-to-call, and for the places of each line's number: writes it there, or waits for its turn. */
const applyActions = () => {
  each(["[data-leadtracker-callback]"], callback);
  lines.forEach((line) => {
    const target = "tel:" + line.number;
    if (line.number) {
      each(line.text, (element) => setText(element, line.shown));
      each(line.href, (element) => element.href != target && (element.href = target));
    } else each(line.text.concat(line.href, line.call), (element) => look(line, element));
  });
};

const observer = new MutationObserver(
  quiet((/** @type {any[]} */ records) => {
    /** @type {Set<Node | null>} */
    const changed = new Set();
    records.forEach((record) => {
      if (record.attributeName) respellAttributes(record.target);
      (record.target.data ? [record.target] : record.addedNodes).forEach((node) => changed.add(node.data ? node.parentNode : node));
    });
    changed.forEach((node) => node && sweep(node));
    applyActions();
  }),
);

/** @param {Document | ShadowRoot} root */
const watch = (root) => {
  roots.add(root);
  observer.observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: [...ATTRIBUTES, "class", "id"],
  });
  sweep(root);
};

const { attachShadow } = Element.prototype;

export const watchPage = () => {
  watch(document);
  applyActions();
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    quiet(sweep)(this);
    return root;
  };
};

/** Writes every line's number everywhere, or finds the places where it would stand. */
export const show = () => {
  respellers = [];
  lines.forEach((line) =>
    ("" + line.swap)
      .split(",")
      .forEach((own) =>
        respellers.push(
          line.number
            ? respeller(own, line.number, line.shown)
            : finder(own, line),
        ),
      ),
  );
  writes = -Infinity; // a page may have any number of numbers
  sweep(document);
  applyActions();
  writes = 0;
};

/** The number that the page has of its own. @param {Line} line @returns {string | undefined} */
export const ownNumber = (line) => {
  let words = "" + line.swap;
  each(line.text, (element) => (words += "," + element.textContent));
  return settings.default || (words.match(/[+*(]?\d[\d\s().-]{2,}\d/) || [])[0];
};
