// Finds the language of an element, and says in it what visitors are told.

import { widget } from "./callback_words.json";

/** @typedef {Record<string, string>} Words `{when}` in them is a day and time */

/**
 * @typedef {object} Language
 * @property {Words} words
 * @property {string} lang
 * @property {"rtl" | "ltr"} dir
 * @property {(iso: string | null | undefined) => string} when
 */

/** @type {Record<string, Words>} */
const WORDS = { ...widget, iw: widget.he }; // the old name of Hebrew
const REFUSALS = ["number", "often", "again"];
const RIGHT_TO_LEFT = ["ar", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"];
const DAY = 24 * 60 * 60e3; // milliseconds

/**
 * "he-IL" is Hebrew.
 * @param {string} lang
 */
const primary = (lang) => lang.toLowerCase().split(/[-_]/)[0];

/** @param {string} lang */
const isUnderstood = (lang) => {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(lang).length > 0;
  } catch (malformed) {
    return false;
  }
};

/**
 * The language that the page says an element is in.
 * @param {Element} element
 */
const namedLanguage = (element) => {
  const holder = element.closest("[lang]") || document.documentElement;
  return (holder.getAttribute("lang") || "en").trim();
};

/**
 * The visitor's own kind of a language, where they have one: 9 AM or 09:00?
 * @param {string} lang
 */
const localized = (lang) => {
  const theirs = navigator.languages.filter((language) => primary(language) == lang);
  return [...theirs, lang].find(isUnderstood) || "en";
};

/**
 * The midnight that a day begins with.
 * @param {Date} date
 */
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/**
 * "tomorrow, 09:00", by the visitor's own clock.
 * @param {Date} date
 * @param {string} lang
 */
const dayAndTime = (date, lang) => {
  const days = Math.round((midnight(date) - midnight(new Date())) / DAY);
  const time = /** @type {const} */ ({ hour: "numeric", minute: "2-digit" });
  if (days < 0 || days > 1 || !Intl.RelativeTimeFormat)
    return date.toLocaleString(lang, { weekday: "long", day: "numeric", month: "long", ...time });
  const day = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(days, "day");
  return `${day}, ${date.toLocaleTimeString(lang, time)}`;
};

/**
 * @param {Element} element whose language is asked for
 * @param {Words} [own] the page's own words, instead of ours
 * @returns {Language}
 */
export const languageOf = (element, own) => {
  const named = namedLanguage(element);
  const spoken = own || WORDS[primary(named)];
  const lang = localized(spoken ? named : "en");
  const words = { ...(WORDS[primary(named)] || WORDS.en), ...own };
  return {
    words,
    lang,
    dir: RIGHT_TO_LEFT.includes(primary(lang)) ? "rtl" : "ltr",
    when: (iso) => {
      const date = new Date(iso || NaN);
      if (isNaN(date.getTime())) return words.later;
      return dayAndTime(date, lang);
    },
  };
};

/**
 * The name of a country.
 * @param {string} country two letters
 * @param {string} lang
 */
export const nameOf = (country, lang) => {
  try {
    return new Intl.DisplayNames(lang, { type: "region" }).of(country) || country;
  } catch (unknown) {
    return country;
  }
};

/**
 * What a course is to visitors.
 * @param {import("./callback_course.js").Course} course
 * @param {Language} language
 */
export const sentence = ({ state, words: refusal = "", opens }, { words, when }) => {
  if (state == "idle") return "";
  let key = String(state);
  if (state == "refused") key = REFUSALS.find((known) => known == refusal) || "no";
  return words[key].replace("{when}", () => when(opens));
};
