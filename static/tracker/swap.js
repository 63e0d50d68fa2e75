// Writes the numbers into the page, and again whenever the page changes what we wrote.

import { callback } from "./callback_loading.js";
import { lines } from "./lines.js";
import { settings } from "./script_tag.js";
import { watchPlace } from "./sight.js";
import { digits, JOINT, respeller } from "./spelling.js";
import { guarded } from "./trace.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {Text | Attr} Words a node that may hold a number */
/** @typedef {Document | ShadowRoot} Root */
/** @typedef {[theirs?: string | null, ours?: string]} Writing */

const ATTRIBUTES = ["href", "title", "aria-label", "alt", "placeholder", "content", "value"];
const MOST_WRITES = 5000; // in a second: a page that writes back what we replace must not hang

const ELEMENTS = 1; // as NodeFilter counts
const TEXTS = 4;

/** @type {Set<Root>} */
const roots = new Set();
/**
 * What each number of the page's own does to a text.
 * @type {((text: string, nodes: Words[]) => string)[]}
 */
let respellers = [];
/**
 * What the page wrote, and what we made of it.
 * @type {Map<Words, Writing> | WeakMap<Words, Writing>}
 */
const written = new WeakMap();
/**
 * What stood in a node before we wrote, whatever made us write.
 * @type {typeof written}
 */
const before = new WeakMap();
let usual = written;
let writes = 0;

const mayWrite = () => {
  if (writes == 0) setTimeout(() => (writes = 0), 1000);
  writes += 1;
  return writes < MOST_WRITES;
};

/** @param {Words} node @param {typeof written} memory */
const theirsOf = (node, memory) => {
  const [theirs, ours] = memory.get(node) || [];
  return node.nodeValue == ours ? theirs : node.nodeValue;
};

/** @param {Words} node @param {string} value */
const write = (node, value) => {
  if (node.nodeValue == value || !mayWrite()) return;
  before.set(node, [theirsOf(node, before), value]);
  node.nodeValue = value;
};

/** @param {Node} root @param {number} kind */
const nodesIn = (root, kind) => {
  const nodes = [];
  const walker = document.createTreeWalker(root, kind);
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
};

/** @param {Node} root */
const textsIn = (root) => /** @type {Text[]} */ (nodesIn(root, TEXTS));

/** @param {string[]} selectors @param {(element: HTMLAnchorElement) => void} work */
export const forEachMatch = (selectors, work) =>
  roots.forEach((root) =>
    selectors.forEach(
      guarded((/** @type {string} */ selector) => {
        /** @type {NodeListOf<HTMLAnchorElement>} whatever it is: most are links */
        const found = root.querySelectorAll(selector);
        found.forEach(work);
      }),
    ),
  );

/**
 * Replaces the words of an element, leaving its icons and the text nodes that a framework may hold
 * on to.
 * @param {Element} element
 * @param {string} text
 */
const setText = (element, text) => {
  const texts = textsIn(element);
  const number = texts.find((text) => /\d/.test(text.data)) || texts[0];
  if (!number) element.append(text);
  texts.forEach((node) => write(node, node == number ? text : ""));
};

/**
 * Starts from what the page wrote, not from what we made of it: a framework that changes one part
 * of a number believes the other part to be its own still.
 * @param {Words[]} nodes searched as one text
 * @param {typeof written} [memory]
 */
const respell = (nodes, memory = usual) => {
  const own = nodes.map((node) => theirsOf(node, memory));
  let text = own.join(JOINT);
  respellers.forEach((respelled) => (text = respelled(text, nodes)));
  const parts = text.split(JOINT);
  if (parts.length == nodes.length)
    nodes.forEach((node, place) => {
      write(node, parts[place]);
      memory.set(node, [own[place], parts[place]]);
    });
};

/**
 * Whether an attribute is read by people.
 * @param {Attr} attribute
 * @param {Element} element
 */
const isShown = (attribute, element) =>
  ATTRIBUTES.includes(attribute.name) &&
  (attribute.name != "href" || /^tel:/i.test(attribute.value)) &&
  (attribute.name != "value" ||
    /button|submit/.test(/** @type {HTMLInputElement} */ (element).type));

/** @param {Element} element */
const respellAttributes = (element) => {
  for (const attribute of element.attributes) if (isShown(attribute, element)) respell([attribute]);
};

/**
 * Whether the texts of an element are shown and not typed.
 * @param {Element} element
 */
const isReadable = (element) =>
  !/script|style|textarea/i.test(element.nodeName) &&
  !(/** @type {HTMLElement} */ (element).isContentEditable);

/** @param {Node} node */
const isText = (node) => node.nodeType == 3;

/** @param {Node} root */
const sweep = (root) => {
  const elements = /** @type {Element[]} */ ([root, ...nodesIn(root, ELEMENTS)]);
  elements.forEach((element) => {
    if (element.attributes) respellAttributes(element);
    if (element.shadowRoot) watch(element.shadowRoot);
    if (isReadable(element))
      respell(/** @type {Text[]} */ ([...element.childNodes].filter(isText)));
  });
  // Then the numbers that are split over elements. A part of one may lie outside the root, so we
  // cannot go back to what the page wrote.
  const readable = textsIn(root).filter((text) =>
    isReadable(/** @type {Element} */ (text.parentNode)),
  );
  respell(readable, new Map());
};

/**
 * Changes nothing, but watches what holds the last digits of a number of the page's own: how much
 * more of it stands before them we can tell only when we know ours. A number may be split over
 * elements.
 * @param {string} own
 * @param {Line} line
 * @returns {(text: string, nodes: Words[]) => string}
 */
const finder = (own, line) => (text, nodes) => {
  const end = digits(own).slice(-4);
  nodes.forEach((node) => {
    const holder = /** @type {Attr} */ (node).ownerElement || node.parentNode;
    if (end && digits(node.nodeValue).includes(end))
      watchPlace(line, /** @type {Element} */ (holder));
  });
  return text;
};

/** @param {Line} line @param {string} own */
const respellerOf = (line, own) => {
  if (line.did) return respeller(own, line.did, line.display);
  return finder(own, line);
};

/**
 * Writes the number of a line into its places, or waits until one of them is seen.
 * @param {Line} line
 */
const applyActions = (line) => {
  const target = "tel:" + line.did;
  if (line.did) {
    forEachMatch(line.text, (element) => setText(element, line.display));
    forEachMatch(line.href, (link) => {
      const { href } = /** @type {any} */ (link.attributes);
      if (href) write(href, target);
      else link.href = target;
    });
  } else
    forEachMatch(line.text.concat(line.href, line.call), (element) => watchPlace(line, element));
};

const applyAllActions = () => {
  forEachMatch(["[data-leadtracker-callback]"], (element) => callback(element));
  lines.forEach(applyActions);
};

/**
 * A number may be split over the texts of an element.
 * @param {Node} node
 */
const holderOf = (node) => (/** @type {Text} */ (node).data ? node.parentNode : node);

/** @param {MutationRecord[]} records */
const takeChanges = (records) => {
  /** @type {Set<Node | null>} */
  const changed = new Set();
  records.forEach((record) => {
    if (record.attributeName) respellAttributes(/** @type {Element} */ (record.target));
    if (record.type == "characterData") changed.add(holderOf(record.target));
    record.addedNodes.forEach((node) => changed.add(holderOf(node)));
  });
  changed.forEach((node) => node && sweep(node));
  applyAllActions();
};

const observer = new MutationObserver(guarded(takeChanges));

/** @param {Root} root */
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

export const watchPage = () => {
  const attachShadow = Element.prototype.attachShadow;
  watch(document);
  applyAllActions();
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    guarded(sweep)(this);
    return root;
  };
};

/**
 * Writes every line's number everywhere, or finds the places where it would stand.
 * @param {boolean} [lost] whether what the page had is to be written back first
 */
export const showNumbers = (lost) => {
  respellers = [];
  if (lost) {
    usual = before;
    sweep(document);
    usual = written;
  }
  lines.forEach((line) =>
    line.swap
      .join()
      .split(",")
      .forEach((own) => respellers.push(respellerOf(line, own))),
  );
  writes = -Infinity; // a page may have any number of numbers
  sweep(document);
  applyAllActions();
  writes = 0;
};

/**
 * The number that the page has of its own.
 * @param {Line} line
 * @returns {string | undefined}
 */
export const ownNumber = (line) => {
  const words = [...line.swap];
  forEachMatch(line.text, ({ textContent }) => words.push(textContent || ""));
  return settings.default || (words.join().match(/[+*(]?\d[\d\s().-]{2,}\d/) || [])[0];
};
