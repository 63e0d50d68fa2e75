// A form of the page's own, with its own fields and style: sent by us, and how the call goes said in a line after it.

import { newRequest, road } from "./callback_request.js";
import { languageOf, sentence, toneOf } from "./callback_words.js";

/** @typedef {import("./callback_request.js").Course} Course */

/** @param {HTMLFormElement} form @param {{token?: string, words?: Record<string, string>}} options */
export const takeOver = (form, options) => {
  const { words, lang, dir, when } = languageOf(form, options.words);
  const since = Date.now();
  const line = document.createElement("p");
  Object.assign(line, { lang, dir });
  line.setAttribute("role", "status");
  line.setAttribute("aria-live", "polite");
  form.after(line);
  let free = false;

  /** The field of a name, of which a form may have several or none. @param {string} name @returns {any} */
  const field = (name) => [...form.elements].find((element) => element.getAttribute("name") == name);
  const value = (/** @type {string} */ name) => ((field(name) || {}).value || "").trim();

  /** @param {Course} course */
  const tell = (course) => {
    if (!line.isConnected) form.after(line);
    line.textContent = sentence(course, words, when);
    line.className = `leadtracker-callback ${course.state} ${toneOf(course)}`.trim();
    form.setAttribute("aria-busy", "" + (course.state == "sending"));
    if (course.words == "number" && field("phone")) field("phone").focus();
    if (course.state == "error") release();
  };
  const request = newRequest(tell, { token: value("leadtracker_token"), ...options });

  /** We have no answer: it posts itself, as the same request, at once where somebody else takes it. */
  const release = () => {
    free = true;
    Object.entries({ ...request.sent(), filled_ms: Date.now() - since }).forEach(([name, value]) => {
      if (field(name)) return;
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    });
    const action = new URL(form.getAttribute("action") || "", location.href);
    if (action.origin != new URL(road()).origin) HTMLFormElement.prototype.submit.call(form);
  };

  // After the page's own listeners, which may find something wrong.
  form.getRootNode().addEventListener("submit", (event) => {
    if (event.target != form || free || event.defaultPrevented) return;
    event.preventDefault();
    request.send(() => ({
      phone: value("phone"),
      name: value("name"),
      note: value("note"),
      website: value("website"),
      since,
    }));
  });
  form.addEventListener("focusin", () => request.prepare().catch(() => {}), { once: true });
  request.resume();
};
