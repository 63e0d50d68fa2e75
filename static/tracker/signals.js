// What the visitor does with the number: tapped, copied, or asked the menu for it; and dialling for `call` elements.

import { signal } from "./number_request.js";
import { digits } from "./spelling.js";
import { each, lines, ownNumber } from "./swap.js";
import { quiet } from "./trace.js";

const SIGNALS = { click: "tap", copy: "copy", contextmenu: "menu" };

export const watchVisitor = () => {
  for (const type in SIGNALS)
    addEventListener(
      type,
      quiet((event) => {
        /** @type {any[]} outwards from the element */
        const path = event.composedPath();
        /** @type {any} */
        const links = path.map((node) => node.href);
        const subject = digits(type == "click" ? links : links + getSelection());
        lines.forEach((line) => {
          let number;
          if (type == "click") each(line.call, (element) => path.includes(element) && (number = line.did || ownNumber(line)));
          if (number || (line.did && subject.includes(line.did.slice(-7)))) signal(line, SIGNALS[type]);
          if (number) {
            event.preventDefault();
            location.href = "tel:" + number;
          }
        });
      }),
      true,
    );
};
