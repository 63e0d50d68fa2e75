// The ready-made widget: a button, and a dialog that asks for a number and says how the call goes.

import { complete, countryOf, diallingCode, format, international } from "./callback_phone.js";
import { newRequest } from "./callback_request.js";
import { STYLE } from "./callback_style.js";
import { languageOf, nameOf, sentence, toneOf } from "./callback_words.js";

/** @typedef {import("./callback_request.js").Course} Course */
/** @typedef {import("./callback_request.js").Form} Form */
/** @typedef {{token?: string, words?: Record<string, string>, fields?: string[]}} Options `fields`: of name, note */

const LONGEST = { name: 80, note: 500, phone: 40 };
const OPENERS = "button, a, [role=button]";

/** @param {string} tag @param {object} properties @param {(string | Node)[]} inside @returns {any} */
const make = (tag, properties = {}, ...inside) => {
  const element = document.createElement(tag);
  Object.entries(properties).forEach(([name, value]) =>
    name in element && name != "role" ? (element[name] = value) : element.setAttribute(name, value),
  );
  element.append(...inside);
  return element;
};

/** @param {ShadowRoot} root */
const dress = (root) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch (old) {
    root.append(make("style", {}, STYLE)); // an older browser; a strict policy has no effect on one that knows sheets
  }
};

/** Where the caret goes so that as many digits stand before it. @param {string} text @param {number} digits */
const after = (text, digits) => {
  let place = 0;
  for (let seen = 0; seen < digits && place < text.length; place++) if (/[\d+]/.test(text[place])) seen++;
  return place;
};

/**
 * @param {HTMLElement} element gets the button, or is it
 * @param {Options} options
 */
export const newWidget = (element, options) => {
  const { words, lang, dir, when } = languageOf(element, options.words);
  const wanted = options.fields || ["name", "note"];
  let opened = 0;
  const country = make("select", { autocomplete: "country" });
  const phone = make("input", {
    type: "tel", dir: "ltr", required: true, autocomplete: "tel", maxLength: LONGEST.phone, "aria-describedby": "state",
  }); // prettier-ignore
  const name = make("input", { autocomplete: "name", maxLength: LONGEST.name, dir: "auto" });
  const note = make("textarea", { rows: 2, maxLength: LONGEST.note, dir: "auto" });
  const trap = make("input", { name: "website", tabIndex: -1, autocomplete: "off" });
  const countries = make("label", { hidden: true }, words.country, country);
  const intro = make("p", { id: "intro" }, words.intro);
  const fields = make(
    "div", {}, countries,
    make("label", {}, words.phone, phone),
    ...(wanted.includes("name") ? [make("label", {}, words.name, name)] : []),
    ...(wanted.includes("note") ? [make("label", {}, words.note, note)] : []),
    make("div", { className: "trap", "aria-hidden": "true" }, make("label", {}, "Website", trap)),
  ); // prettier-ignore
  const status = make("p", { id: "state", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  const send = make("button", { className: "main", type: "submit", part: "send" }, words.send);
  const anew = make("button", { className: "main", type: "button", hidden: true }, words.anew);
  const close = make("button", { className: "plain", type: "button" }, words.close);
  const paper = make(
    "form", { noValidate: true, method: "dialog" },
    make("h2", { id: "title" }, words.title), intro, fields, status, make("footer", {}, send, anew, close),
  ); // prettier-ignore
  const dialog = make(
    "dialog",
    { role: "dialog", part: "panel", "aria-modal": "true", "aria-labelledby": "title", "aria-describedby": "intro" },
    paper,
  );
  Object.assign(dialog, { lang, dir });

  const isOpener = element.matches(OPENERS);
  const host = document.createElement("leadtracker-callback");
  const root = host.attachShadow({ mode: "open" });
  dress(root);
  const button = isOpener
    ? element
    : make("button", { className: "main", type: "button", part: "button", lang, dir }, words.button);
  button.setAttribute("aria-haspopup", "dialog");
  root.append(...(isOpener ? [] : [button]), dialog);
  (isOpener ? document.body : element).append(host);

  /** @param {Course} course */
  const tell = (course) => {
    const asks = ["idle", "sending", "refused", "error"].includes(course.state);
    const focused = root.activeElement;
    status.textContent = sentence(course, words, when);
    status.className = toneOf(course);
    fields.hidden = intro.hidden = !asks;
    send.hidden = !asks;
    send.setAttribute("aria-disabled", course.state == "sending");
    anew.hidden = asks || Boolean(course.more);
    const wrong = course.words == "number";
    phone.setAttribute("aria-invalid", wrong);
    if (!dialog.open) return;
    if (wrong) phone.focus();
    else if (focused && !focused.offsetParent) close.focus(); // what had it is gone
  };
  const request = newRequest(tell, options);

  /** Says when it is open, and offers the countries. @param {Form} form */
  const offer = (form) => {
    if (!form.open) intro.textContent = words.closed.replace("{when}", when(form.opens));
    if (country.options.length) return;
    const named = form.countries.map((code) => [code, nameOf(code, lang)]);
    named.sort((one, other) => one[1].localeCompare(other[1], lang));
    named.forEach(([code, text]) =>
      country.append(make("option", { value: code }, `${text} \u2066+${diallingCode(code)}\u2069`)),
    );
    country.value = form.countries.includes(form.country) ? form.country : form.countries[0];
    countries.hidden = named.length < 2;
    shape();
  };

  const choose = () => request.prepare().then(offer).catch(() => {}); // without it the number is sent as it is typed

  /** Groups the digits and keeps the caret among them. */
  const shape = () => {
    const { value, selectionStart } = phone;
    const digits = value.slice(0, selectionStart).replace(/[^\d+]/g, "").length;
    const its = countryOf(value, country.value);
    if ([...country.options].some((option) => option.value == its)) country.value = its;
    const shown = format(value, country.value);
    if (shown == value) return;
    phone.value = shown;
    const place = selectionStart == value.length ? shown.length : after(shown, digits);
    if (root.activeElement == phone) phone.setSelectionRange(place, place);
  };

  const open = () => {
    if (dialog.open) return;
    opened = opened || Date.now();
    dialog.showModal();
    if (!fields.hidden) {
      phone.focus();
      choose();
    }
  };

  button.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  ["pointerenter", "focus"].forEach((type) => button.addEventListener(type, choose, { once: true }));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => button.focus());
  anew.addEventListener("click", () => {
    request.forget();
    tell({ state: "idle" });
    phone.focus();
    choose();
  });
  phone.addEventListener("input", shape);
  country.addEventListener("change", shape);
  paper.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!complete(phone.value)) return tell({ state: "refused", words: "number" });
    request.send(() => ({
      phone: international(phone.value, country.value),
      name: name.value.trim(),
      note: note.value.trim(),
      website: trap.value,
      since: opened,
    }));
  });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the page's own shortcuts are not meant
    if (event.key != "Tab") return;
    const stops = [...dialog.querySelectorAll("input, select, textarea, button")].filter(
      (stop) => stop.offsetParent && stop.tabIndex >= 0,
    );
    const [first, last] = event.shiftKey ? [stops[0], stops[stops.length - 1]] : [stops[stops.length - 1], stops[0]];
    if (root.activeElement == first) {
      event.preventDefault();
      last.focus();
    }
  });

  phone.value = request.resume();
  if (phone.value) open();
  return { open, close: () => dialog.close() };
};
