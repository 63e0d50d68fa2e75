// Notices what visitors do with the number (use it, tap, copy, save it), and dials for `call`.

import { lines, USED } from "./lines.js";
import { tellSignal, wantNumber } from "./number_request.js";
import { places } from "./sight.js";
import { digits } from "./spelling.js";
import { forEachMatch, ownNumber } from "./swap.js";
import { guarded } from "./trace.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("./lines.js").Signal} Signal */

/**
 * The signal of an event; none where it only announces that the number is about to be used.
 * @type {Record<string, Signal | "">}
 */
const SIGNALS = { pointerover: "", focus: "", click: "tap", copy: "copy", contextmenu: "menu" };

/** @param {Line} line @param {Element[]} path @returns {string | undefined} to be dialed */
const dialedBy = (line, path) => {
  let number;
  forEachMatch(line.call, (element) => {
    if (path.includes(element)) number = line.did || ownNumber(line);
  });
  return number;
};

/** @param {Event} event @param {Signal | ""} signal */
const notice = (event, signal) => {
  // Outwards from the element; what is no link has no `href`.
  const path = /** @type {HTMLAnchorElement[]} */ (event.composedPath());
  path.forEach((element) => wantNumber(places.get(element), USED));
  if (!signal) return;
  const isTap = signal == "tap";
  const links = path.map((element) => element.href + element.download).join();
  const saves = isTap && /\.vcf|vcard/i.test(links);
  const touched = digits(isTap ? links : links + getSelection());
  lines.forEach((line) => {
    const number = isTap && dialedBy(line, path);
    const touches = line.did && touched.includes(line.did.slice(-7));
    if (saves) tellSignal(line, "save");
    else if (number || touches) tellSignal(line, signal);
    if (number) {
      event.preventDefault();
      location.href = "tel:" + number;
    }
  });
};

export const watchVisitor = () =>
  Object.entries(SIGNALS).forEach(([type, signal]) =>
    addEventListener(
      type,
      guarded((/** @type {Event} */ event) => notice(event, signal)),
      true,
    ),
  );
