// Takes over a form of the page's own, and says in a line after it how the call goes.

import { toneOf } from "./callback_course.js";
import { languageOf, sentence } from "./callback_language.js";
import { CallbackRequest } from "./callback_request.js";
import { callbackAddress } from "./callback_server.js";

/** @typedef {import("./callback_course.js").Course} Course */

/** @param {import("./callback_language.js").Language} language */
const newLine = ({ lang, dir }) => {
  const line = document.createElement("p");
  Object.assign(line, { lang, dir });
  line.setAttribute("role", "status");
  line.setAttribute("aria-live", "polite");
  return line;
};

/** The page's own fields and style, sent by us. */
class TakenForm {
  /** @param {HTMLFormElement} form @param {import("./callback_widget.js").Options} options */
  constructor(form, options) {
    this.form = form;
    this.language = languageOf(form, options.words);
    this.line = newLine(this.language);
    this.since = Date.now();
    this.released = false;
    form.after(this.line);
    const token = options.token || this.valueOf("leadtracker_token");
    this.request = new CallbackRequest((course) => this.tell(course), token);
  }

  listen() {
    // After the page's own listeners, which may find something wrong.
    this.form.getRootNode().addEventListener("submit", (event) => {
      if (event.target != this.form || this.released || event.defaultPrevented) return;
      event.preventDefault();
      this.request.send(() => this.read());
    });
    const prepare = () => this.request.prepare().catch(() => {});
    this.form.addEventListener("focusin", prepare, { once: true });
  }

  /**
   * The field of a name, of which a form may have several or none.
   * @param {string} name
   */
  field(name) {
    const fields = /** @type {HTMLInputElement[]} */ ([...this.form.elements]);
    return fields.find((element) => element.getAttribute("name") == name);
  }

  /** @param {string} name */
  valueOf(name) {
    const field = this.field(name);
    return ((field && field.value) || "").trim();
  }

  read() {
    return {
      phone: this.valueOf("phone"),
      name: this.valueOf("name"),
      note: this.valueOf("note"),
      website: this.valueOf("website"),
      since: this.since,
    };
  }

  /** @param {Course} course */
  tell(course) {
    const { form, line } = this;
    if (!line.isConnected) form.after(line);
    line.textContent = sentence(course, this.language);
    line.className = `leadtracker-callback ${course.state} ${toneOf(course)}`.trim();
    form.setAttribute("aria-busy", String(course.state == "sending"));
    const phone = this.field("phone");
    if (course.words == "number" && phone) phone.focus();
    if (course.state == "error") this.release();
  }

  /**
   * We have no answer: it posts itself, as the same request, at once where somebody else takes it.
   */
  release() {
    const { form } = this;
    this.released = true;
    const sent = { ...this.request.sent, filled_ms: Date.now() - this.since };
    Object.entries(sent).forEach(([name, value]) => {
      if (this.field(name)) return;
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    });
    const action = new URL(form.getAttribute("action") || "", location.href);
    if (action.origin != new URL(callbackAddress()).origin)
      HTMLFormElement.prototype.submit.call(form);
  }
}

/** @param {HTMLFormElement} form @param {import("./callback_widget.js").Options} options */
export const takeOver = (form, options) => {
  const taken = new TakenForm(form, options);
  taken.listen();
  taken.request.resume();
};
