// Holds the field for a phone number and the choice of its country.

import { focusedBeside, make } from "./callback_elements.js";
import { nameOf } from "./callback_language.js";
import { countryOf, dialingCode, format, international, isComplete } from "./callback_phone.js";

const LONGEST = 40;

/**
 * Where the caret goes so that as many digits stand before it.
 * @param {string} text
 * @param {number} digits
 */
const placeAfter = (text, digits) => {
  let place = 0;
  for (let seen = 0; seen < digits && place < text.length; place++)
    if (/[\d+]/.test(text[place])) seen++;
  return place;
};

export class PhoneField {
  /** @param {import("./callback_language.js").Language} language */
  constructor({ words, lang }) {
    this.lang = lang;
    this.country = make("select", { autocomplete: "country" });
    this.input = make("input", {
      type: "tel",
      dir: "ltr",
      required: true,
      autocomplete: "tel",
      maxLength: LONGEST,
      "aria-describedby": "state",
    });
    this.countryLabel = make("label", { hidden: true }, words.country, this.country);
    this.inputLabel = make("label", {}, words.phone, this.input);
    this.input.addEventListener("input", () => this.group());
    this.country.addEventListener("change", () => this.group());
  }

  isComplete() {
    return isComplete(this.input.value);
  }

  /** What is sent. */
  number() {
    return international(this.input.value, this.country.value);
  }

  /**
   * Offers the countries that may be called, once.
   * @param {string[]} codes
   * @param {string} chosen
   */
  offer(codes, chosen) {
    if (this.country.options.length) return;
    const { lang } = this;
    const named = codes.map((code) => ({ code, name: nameOf(code, lang) }));
    named.sort((one, other) => one.name.localeCompare(other.name, lang));
    named.forEach(({ code, name }) => {
      const text = `${name} \u2066+${dialingCode(code)}\u2069`; // from left to right
      this.country.append(make("option", { value: code }, text));
    });
    this.country.value = codes.includes(chosen) ? chosen : codes[0];
    this.countryLabel.hidden = codes.length < 2;
    this.group();
  }

  /** Groups the digits, keeps the caret among them, and follows the number to its country. */
  group() {
    const { input, country } = this;
    const typed = input.value;
    const caret = input.selectionStart || 0;
    const its = countryOf(typed, country.value);
    if ([...country.options].some(({ value }) => value == its)) country.value = its;
    const shown = format(typed, country.value);
    if (shown == typed) return;
    input.value = shown;
    if (focusedBeside(input) != input) return;
    let place = shown.length;
    if (caret < typed.length)
      place = placeAfter(shown, typed.slice(0, caret).replace(/[^\d+]/g, "").length);
    input.setSelectionRange(place, place);
  }
}
