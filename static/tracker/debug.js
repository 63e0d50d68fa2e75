// Debug mode: says in the console and in a panel what the tracker found, asked, was answered and swapped.

const COLOURS = { good: "#7ee2a8", warn: "#ffd166", plain: "#e8edf2" };
const STYLE = `
  :host { all: initial; position: fixed; z-index: 2147483647; inset-block-end: 8px; inset-inline-start: 8px;
    inline-size: min(26rem, calc(100vw - 16px)); font: 13px/1.4 system-ui, sans-serif; color: ${COLOURS.plain}; }
  section { background: #17202a; border-radius: 8px; box-shadow: 0 2px 12px #0008; padding: 8px 12px;
    max-block-size: 45vh; overflow: auto; }
  header { display: flex; justify-content: space-between; font-weight: 600; }
  button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
  p { margin: 2px 0; overflow-wrap: anywhere; }
  .warn { color: ${COLOURS.warn}; } .good { color: ${COLOURS.good}; }
  hr { border: 0; border-top: 1px solid #fff3; }
`;

/** @type {any} */
const page = window;
const { log, lines, address } = page.Leadtracker;
const home = new URL(address).origin;

/** @typedef {{text: string, tone: "good" | "warn" | "plain"}} Remark */

/** @param {string} text @param {Remark["tone"]} [tone] @returns {Remark} */
const remark = (text, tone = "plain") => ({ text, tone });

/** What went wrong most likely, in words. @param {any} failure @returns {Promise<string>} */
const cause = async (failure) => {
  if (failure == LATE) return LATE;
  if (failure.name == "TimeoutError") return "The server did not answer within 30 seconds; it is asked again later.";
  if (typeof failure == "number")
    return failure < 500
      ? `The server refused (${failure}): the token is unknown, or ${location.origin} is not among the site's origins.`
      : `The server has a fault of its own (${failure}).`;
  if (failure.name == "SyntaxError" && failure instanceof DOMException) return `A selector is wrong: ${failure.message}`;
  if (failure.name == "SyntaxError") return `The answer is not JSON: something else answers at ${address}.`;
  if (failure.name != "TypeError") return String(failure);
  let forbidden = false;
  const listen = ({ effectiveDirective }) => (forbidden = forbidden || effectiveDirective == "connect-src");
  document.addEventListener("securitypolicyviolation", listen);
  const reached = await fetch(address, { mode: "no-cors", cache: "no-store" }).then(
    () => true,
    () => false,
  );
  await new Promise((later) => setTimeout(later));
  document.removeEventListener("securitypolicyviolation", listen);
  if (forbidden) return `This page's Content-Security-Policy blocked the request: add ${home} to connect-src.`;
  if (reached)
    return `The server refused: the token is unknown, or ${location.origin} is not among the site's origins.`;
  return `The server at ${home} cannot be reached: it is down, or a script blocker is at work.`;
};

/** @param {Document | ShadowRoot} root @returns {(Document | ShadowRoot)[]} the root and the open shadow roots in it */
const rootsIn = (root) => [
  root,
  ...[...root.querySelectorAll("*")].flatMap((element) => (element.shadowRoot ? rootsIn(element.shadowRoot) : [])),
];

/** @param {string} selector @returns {Element[]} none when it is no selector */
const matches = (selector) => {
  try {
    return rootsIn(document).flatMap((root) => [...root.querySelectorAll(selector)]);
  } catch {
    return [];
  }
};

/** @param {string} selector */
const isSelector = (selector) => {
  try {
    return !document.querySelector(selector) || true;
  } catch {
    return false;
  }
};

/** How many texts and links show a number now. @param {string} did */
const places = (did) => {
  const shows = (text) => text.replace(/\D/g, "").includes(did.slice(-7));
  return rootsIn(document).reduce((sum, root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let here = [...root.querySelectorAll("[href^='tel:']")].filter((link) => shows(link.getAttribute("href"))).length;
    while (walker.nextNode()) if (shows(walker.currentNode.nodeValue)) here++;
    return sum + here;
  }, 0);
};

/** Why a number was asked for: the reasons of sight.js. @type {Record<number, string>} */
const REASONS = {
  1: "a place for it was seen for a second",
  2: "a place for it was about to be used",
  3: "the page waits for it",
  4: "the page wants it at once",
  5: "this browser does not tell what is seen",
};

/** The elements that a number of the page's own stands in. @param {string} own @returns {Element[]} */
const holders = (own) => {
  const end = own.replace(/\D/g, "").slice(-4);
  return rootsIn(document).flatMap((root) =>
    [...root.querySelectorAll("*")].filter(
      (element) =>
        end &&
        [...element.childNodes, ...element.attributes].some(
          (node) =>
            (node.nodeType == 3 || node.nodeName == "href") && (node.nodeValue || "").replace(/\D/g, "").includes(end),
        ),
    ),
  );
};

/** The places where the number of a line would stand. @param {any} line @returns {Set<Element>} */
const placesOf = (line) =>
  new Set([
    ...["text", "href", "call"].flatMap((kind) => (line[kind] || []).flatMap(matches)),
    ...(line.swap || []).join().split(",").flatMap(holders),
  ]);

/** @param {Element} element */
const inView = (element) => {
  const { top, left, bottom, right } = element.getBoundingClientRect();
  return bottom > top && right > left && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
};

/** Why the number is asked for, or not yet. @param {any} line @returns {Remark} */
const asking = (line) => {
  if (line.why) return remark(`asked for because ${REASONS[line.why]}`);
  const places = [...placesOf(line)];
  const seen = places.filter(inView).length;
  return places.length
    ? remark(`not asked for yet: none of its ${places.length} places was seen for a second; ${seen} in view now`)
    : remark("not asked for: there is no place for it on this page", "warn");
};

/** @returns {Remark[]} what the page has for each line, and what it shows */
const findings = () =>
  [...lines.values()].flatMap((line) => [
    asking(line),
    line.number
      ? remark(`${line.shown} (${line.number}) is shown in ${places(line.number)} places`, "good")
      : remark("no number of ours is shown; the page keeps its own", "warn"),
    ...["text", "href", "call"].flatMap((kind) =>
      (line[kind] || []).map((selector) => {
        const found = matches(selector);
        const seen = line.why ? "" : `, ${found.filter(inView).length} in view`;
        const words = found.length
          ? `${found.length} ${found.length == 1 ? "element" : "elements"}${seen}`
          : isSelector(selector)
            ? "matches nothing on this page"
            : "is not a selector";
        return remark(`${kind}: ${selector}: ${words}`, found.length ? "plain" : "warn");
      }),
    ),
    ...(line.swap || []).map((own) => remark(`swap: ${own}`)),
  ]);

const PATIENCE = 5000; // milliseconds, as number_request.js has it
const LATE = "The server did not answer within 5 seconds.";

let beats = 0;
let askedAt = 0;
let answered = false;
/** A wrong selector fails at each change of the page: once is enough. */
const told = new Set();

/** @param {any} detail @param {number} at @returns {Promise<Remark>} */
const tell = async (detail, at) => {
  if (Array.isArray(detail)) return remark(`init: token ${detail[0]}`);
  if (detail && detail.ask) {
    askedAt = at;
    answered = false;
    if (detail.ask == "number") {
      setTimeout(() => askedAt == at && !answered && show([LATE, Date.now()]), PATIENCE);
      return remark(`asked: number for visitor ${detail.visitor}`);
    }
    const signals = detail.signals.length ? `, signals: ${detail.signals}` : "";
    return remark(`asked: beat ${++beats} (${detail.state})${signals}`);
  }
  answered = true;
  if (detail && detail.reason)
    return remark(
      `answered: ${detail.display || "no number"}, ${detail.reason}, ${at - askedAt} ms`,
      detail.lease ? "good" : "warn",
    );
  if (detail && detail.known) return remark(`answered: beat known, ${at - askedAt} ms`, "good");
  return remark(`failed: ${await cause(detail)}`, "warn");
};

const host = document.createElement("leadtracker-debug");
// Closed, so that the tracker does not swap the numbers that the panel shows.
const panel = host.attachShadow({ mode: "closed" });
const sheet = new CSSStyleSheet(); // a <style> element would need the page's CSP to allow it
sheet.replaceSync(STYLE);
panel.adoptedStyleSheets = [sheet];

/** @param {string} tag @param {string} text @param {string} [tone] */
const element = (tag, text, tone) => Object.assign(document.createElement(tag), { textContent: text, className: tone || "", dir: "auto" });

const section = element("section", "");
section.setAttribute("aria-label", "Leadtracker debug");
const header = element("header", "Leadtracker");
const button = element("button", "✕");
button.setAttribute("aria-label", "Close");
button.onclick = () => host.remove();
header.append(button);
const found = element("div", "");
const report = element("div", "");
report.setAttribute("role", "log");
section.append(header, found, document.createElement("hr"), report);
panel.append(section);

const refresh = () => found.replaceChildren(...findings().map(({ text, tone }) => element("p", text, tone)));

/** @param {[any, number]} entry */
const show = async ([detail, at]) => {
  const { text, tone } = await tell(detail, at);
  if (detail instanceof DOMException && told.has(text)) return;
  told.add(text);
  console[tone == "warn" ? "warn" : "log"]("[leadtracker] " + text);
  report.append(element("p", `${new Date(at).toLocaleTimeString()} ${text}`, tone));
  refresh();
};

const start = () => {
  document.body.append(host);
  log.forEach(show);
  log.push = (...entries) => {
    entries.forEach(show);
    return Array.prototype.push.apply(log, entries);
  };
  setInterval(refresh, 2000);
};
if (document.body) start();
else addEventListener("DOMContentLoaded", start);
