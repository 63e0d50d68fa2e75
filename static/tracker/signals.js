// What the visitor does with the number: is about to use it, taps, copies, asks the menu for it, or saves the contact;
// and dialling for `call` elements.

import { signal, want } from "./number_request.js";
import { places, USED } from "./sight.js";
import { digits } from "./spelling.js";
import { each, lines, ownNumber } from "./swap.js";
import { quiet } from "./trace.js";

/** The signal of an event; none where it only announces that the number is about to be used. */
const SIGNALS = { pointerover: 0, focus: 0, click: "tap", copy: "copy", contextmenu: "menu" };

export const watchVisitor = () => {
  Object.entries(SIGNALS).forEach(([type, what]) =>
    addEventListener(
      type,
      quiet((event) => {
        /** @type {any[]} outwards from the element */
        const path = event.composedPath();
        path.forEach((node) => want(places.get(node), USED));
        if (!what) return;
        const tap = what == "tap";
        /** @type {any} */
        const links = path.map((node) => node.href + node.download);
        const saves = tap && /\.vcf|vcard/i.test(links);
        const subject = digits(tap ? links : links + getSelection());
        lines.forEach((line) => {
          let number;
          if (tap) each(line.call, (element) => path.includes(element) && (number = line.number || ownNumber(line)));
          if (saves || number || (line.number && subject.includes(line.number.slice(-7)))) signal(line, saves ? "save" : what);
          if (number) {
            event.preventDefault();
            location.href = "tel:" + number;
          }
        });
      }),
      true,
    ),
  );
};
