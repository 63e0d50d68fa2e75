// Puts a button into the page that opens a dialog, which asks for a number and follows the call.

import { toneOf } from "./callback_course.js";
import { keepFocus, newDialog } from "./callback_dialog.js";
import { dress, make } from "./callback_elements.js";
import { forget } from "./callback_kept.js";
import { languageOf, sentence } from "./callback_language.js";
import { CallbackRequest } from "./callback_request.js";

/** @typedef {import("./callback_course.js").Course} Course */

/**
 * @typedef {object} Options
 * @property {string} [token] of the site, where the page has several
 * @property {Record<string, string>} [words] the page's own, instead of ours
 * @property {string[]} [fields] which of name and note to ask for
 */

/** @typedef {{open(): void, close(): void}} Widget */

const OPENERS = "button, a, [role=button]";
const ASKING = ["idle", "sending", "refused", "error"];

class CallbackWidget {
  /** @param {HTMLElement} element gets the button, or is it @param {Options} options */
  constructor(element, options) {
    this.language = languageOf(element, options.words);
    this.parts = newDialog(this.language, options.fields || ["name", "note"]);
    this.openedAt = 0;
    const host = document.createElement("leadtracker-callback");
    this.root = host.attachShadow({ mode: "open" });
    dress(this.root);
    if (element.matches(OPENERS)) {
      this.button = element;
      document.body.append(host);
    } else {
      this.button = this.newButton();
      this.root.append(this.button);
      element.append(host);
    }
    this.button.setAttribute("aria-haspopup", "dialog");
    this.root.append(this.parts.dialog);
    this.request = new CallbackRequest((course) => this.tell(course), options.token);
  }

  newButton() {
    const { words, lang, dir } = this.language;
    const properties = { className: "main", type: "button", part: "button", lang, dir };
    return make("button", properties, words.button);
  }

  listen() {
    const { dialog, form, anew, close } = this.parts;
    this.button.addEventListener("click", (event) => {
      event.preventDefault();
      this.open();
    });
    ["pointerenter", "focus"].forEach((type) =>
      this.button.addEventListener(type, () => this.prepare(), { once: true }),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    anew.addEventListener("click", () => this.startAnew());
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => this.button.focus());
    dialog.addEventListener("keydown", (event) => keepFocus(dialog, event));
  }

  open() {
    const { dialog, fields } = this.parts;
    if (dialog.open) return;
    this.openedAt = this.openedAt || Date.now();
    dialog.showModal();
    if (!fields.hidden) this.ask();
  }

  ask() {
    this.parts.phone.input.focus();
    this.prepare();
  }

  /** Says when it is open, and offers the countries. */
  async prepare() {
    const { intro, phone } = this.parts;
    const { words, when } = this.language;
    try {
      const { open, opens, countries, country } = await this.request.prepare();
      if (!open) intro.textContent = words.closed.replace("{when}", when(opens));
      phone.offer(countries, country);
    } catch (noAnswer) {} // without it the number is sent as it is typed
  }

  send() {
    const { phone, name, note, trap } = this.parts;
    if (!phone.isComplete()) return this.tell({ state: "refused", words: "number" });
    this.request.send(() => ({
      phone: phone.number(),
      name: name.value.trim(),
      note: note.value.trim(),
      website: trap.value,
      since: this.openedAt,
    }));
  }

  /** The next one is another request, be it for the same number. */
  startAnew() {
    forget();
    this.tell({ state: "idle" });
    this.ask();
  }

  /** Goes on with what was sent before the page was loaded again. */
  resume() {
    const { input } = this.parts.phone;
    input.value = this.request.resume();
    if (input.value) this.open();
  }

  /** @param {Course} course */
  tell(course) {
    const { dialog, intro, fields, phone, status, send, anew, close } = this.parts;
    const asks = ASKING.includes(course.state);
    const isWrong = course.words == "number";
    const focused = /** @type {HTMLElement | null} */ (this.root.activeElement);
    status.textContent = sentence(course, this.language);
    status.className = toneOf(course);
    fields.hidden = intro.hidden = send.hidden = !asks;
    send.setAttribute("aria-disabled", String(course.state == "sending"));
    anew.hidden = asks || Boolean(course.more);
    phone.input.setAttribute("aria-invalid", String(isWrong));
    if (!dialog.open) return;
    if (isWrong) phone.input.focus();
    else if (focused && !focused.offsetParent) close.focus(); // what had it is gone
  }
}

/** @param {HTMLElement} element @param {Options} options @returns {Widget} */
export const newWidget = (element, options) => {
  const widget = new CallbackWidget(element, options);
  widget.listen();
  widget.resume();
  return { open: () => widget.open(), close: () => widget.parts.dialog.close() };
};
