// Builds the widget's dialog: the fields, what is said, and the buttons.

import { focusedBeside, make } from "./callback_elements.js";
import { PhoneField } from "./callback_phone_field.js";

const LONGEST_NAME = 80;
const LONGEST_NOTE = 500;

/** @param {import("./callback_language.js").Words} words @param {string[]} wanted of name, note */
const newFields = (words, wanted) => {
  const name = make("input", { autocomplete: "name", maxLength: LONGEST_NAME, dir: "auto" });
  const note = make("textarea", { rows: 2, maxLength: LONGEST_NOTE, dir: "auto" });
  const labels = [];
  if (wanted.includes("name")) labels.push(make("label", {}, words.name, name));
  if (wanted.includes("note")) labels.push(make("label", {}, words.note, note));
  return { name, note, labels };
};

/** A field that people do not see, and robots fill in. */
const newTrap = () => {
  const trap = make("input", { name: "website", tabIndex: -1, autocomplete: "off" });
  const label = make("label", {}, "Website", trap);
  return { trap, hidden: make("div", { className: "trap", "aria-hidden": "true" }, label) };
};

/** @param {import("./callback_language.js").Words} words */
const newButtons = (words) => ({
  send: make("button", { className: "main", type: "submit", part: "send" }, words.send),
  anew: make("button", { className: "main", type: "button", hidden: true }, words.anew),
  close: make("button", { className: "plain", type: "button" }, words.close),
});

/** What says how the call goes. */
const newStatus = () =>
  make("p", { id: "state", role: "status", "aria-live": "polite", "aria-atomic": "true" });

/** @typedef {ReturnType<typeof newDialog>} Dialog */

/**
 * @param {import("./callback_language.js").Language} language
 * @param {string[]} wanted which of name and note to ask for
 */
export const newDialog = (language, wanted) => {
  const { words, lang, dir } = language;
  const phone = new PhoneField(language);
  const { name, note, labels } = newFields(words, wanted);
  const { trap, hidden } = newTrap();
  const { send, anew, close } = newButtons(words);
  const title = make("h2", { id: "title" }, words.title);
  const intro = make("p", { id: "intro" }, words.intro);
  const fields = make("div", {}, phone.countryLabel, phone.inputLabel, ...labels, hidden);
  const status = newStatus();
  const footer = make("footer", {}, send, anew, close);
  const parts = [title, intro, fields, status, footer];
  const form = make("form", { noValidate: true, method: "dialog" }, ...parts);
  const attributes = {
    lang,
    dir,
    role: "dialog",
    part: "panel",
    "aria-modal": "true",
    "aria-labelledby": "title",
    "aria-describedby": "intro",
  };
  const dialog = make("dialog", attributes, form);
  return { dialog, form, intro, fields, phone, name, note, trap, status, send, anew, close };
};

/**
 * Keeps the keyboard's focus inside.
 * @param {HTMLDialogElement} dialog
 * @param {KeyboardEvent} event
 */
export const keepFocus = (dialog, event) => {
  event.stopPropagation(); // the page's own shortcuts are not meant
  if (event.key != "Tab") return;
  /** @type {NodeListOf<HTMLElement>} */
  const elements = dialog.querySelectorAll("input, select, textarea, button");
  const stops = [...elements].filter((stop) => stop.offsetParent && stop.tabIndex >= 0);
  if (event.shiftKey) stops.reverse();
  if (focusedBeside(dialog) != stops[stops.length - 1]) return;
  event.preventDefault();
  stops[0].focus();
};
