// What the visitor is told, in English and Hebrew; `{when}` is a day and time.

/** @typedef {Record<string, string>} Words */

/** @type {Record<string, Words>} */
const WORDS = {
  en: {
    button: "Call me back",
    title: "We will call you",
    intro: "Leave your number and your phone will ring in a moment.",
    closed: "We are closed now. Leave your number and we will call you {when}.",
    country: "Country",
    phone: "Phone number",
    name: "Name (optional)",
    note: "What is it about? (optional)",
    send: "Call me",
    close: "Close",
    anew: "Ask for another call",
    sending: "One moment…",
    ringing: "Keep your phone at hand: we are finding somebody to talk to you.",
    calling: "We are calling you: your phone is about to ring.",
    connected: "You are connected.",
    talked: "Thank you for talking to us.",
    scheduled: "Thank you. We will call you {when}.",
    later: "as soon as we open",
    busy: "Nobody could be reached just now. Please try again in a few minutes.",
    uncertain: "Your phone may ring in a moment. If it does not, try again in a few minutes.",
    cancelled: "The call was cancelled.",
    number: "Please check the number.",
    often: "This was asked for too often. Please try again later.",
    again: "This form is out of date. Reload the page and try again.",
    no: "We cannot call this number.",
    error: "That did not work. Please try again.",
  },
  he: {
    button: "חזרו אליי",
    title: "נתקשר אליכם",
    intro: "השאירו מספר והטלפון שלכם יצלצל בעוד רגע.",
    closed: "אנחנו סגורים כעת. השאירו מספר ונתקשר {when}.",
    country: "מדינה",
    phone: "מספר טלפון",
    name: "שם (לא חובה)",
    note: "במה מדובר? (לא חובה)",
    send: "התקשרו אליי",
    close: "סגירה",
    anew: "בקשת שיחה נוספת",
    sending: "רק רגע…",
    ringing: "הישארו ליד הטלפון: אנחנו מאתרים נציג לשיחה.",
    calling: "אנחנו מתקשרים אליכם: הטלפון יצלצל מיד.",
    connected: "השיחה מחוברת.",
    talked: "תודה על השיחה.",
    scheduled: "תודה. נתקשר {when}.",
    later: "מיד כשנפתח",
    busy: "לא הצלחנו לקיים את השיחה כעת. אפשר לנסות שוב בעוד כמה דקות.",
    uncertain: "הטלפון עשוי לצלצל בעוד רגע. אם לא, אפשר לנסות שוב בעוד כמה דקות.",
    cancelled: "השיחה בוטלה.",
    number: "נא לבדוק את המספר.",
    often: "התקבלו יותר מדי בקשות. אפשר לנסות שוב מאוחר יותר.",
    again: "הטופס אינו עדכני. נא לטעון את הדף מחדש ולנסות שוב.",
    no: "לא נוכל להתקשר למספר הזה.",
    error: "משהו השתבש. נא לנסות שוב.",
  },
};
WORDS.iw = WORDS.he;

const REFUSALS = ["number", "often", "again"];
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|iw|ps|sd|ug|ur|yi)\b/i;

/** @typedef {{words: Words, lang: string, dir: "rtl" | "ltr", when: (iso: string | null | undefined) => string}} Language */

/**
 * @param {Element} element whose language is asked for
 * @param {Words} [own] the page's own words, instead of ours; what `lang` leaves open (en: 9 AM or 09:00?) the browser says
 * @returns {Language}
 */
export const languageOf = (element, own) => {
  const holder = element.closest("[lang]") || document.documentElement;
  const named = (holder.getAttribute("lang") || "en").trim();
  const known = own || WORDS[primary(named)] ? named : "en";
  const words = { ...(WORDS[primary(known)] || WORDS.en), ...own };
  const lang = [...navigator.languages.filter((theirs) => primary(theirs) == known), known].find(understood) || "en";
  return {
    words,
    lang,
    dir: RIGHT_TO_LEFT.test(lang) ? "rtl" : "ltr",
    when: (iso) => (iso && !isNaN(Date.parse(iso)) ? dayAndTime(new Date(iso), lang) : words.later),
  };
};

/** @param {string} lang */
const primary = (lang) => lang.toLowerCase().split(/[-_]/)[0];

/** @param {string} lang */
const understood = (lang) => {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(lang).length;
  } catch (malformed) {
    return false;
  }
};

/** "tomorrow, 09:00", by the visitor's own clock. @param {Date} date @param {string} lang */
const dayAndTime = (date, lang) => {
  const midnight = (/** @type {Date} */ of) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / 864e5);
  const time = /** @type {const} */ ({ hour: "numeric", minute: "2-digit" });
  if (days < 0 || days > 1 || !Intl.RelativeTimeFormat)
    return date.toLocaleString(lang, { weekday: "long", day: "numeric", month: "long", ...time });
  const day = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(days, "day");
  return `${day}, ${date.toLocaleTimeString(lang, time)}`;
};

/** The name of a country. @param {string} country two letters @param {string} lang */
export const nameOf = (country, lang) => {
  try {
    return new Intl.DisplayNames(lang, { type: "region" }).of(country) || country;
  } catch (unknown) {
    return country;
  }
};

/**
 * What a state is to the visitor.
 * @param {import("./callback_request.js").Course} course
 * @param {Words} words
 * @param {Language["when"]} when
 */
export const sentence = ({ state, words: refusal, opens }, words, when) => {
  if (state == "idle") return "";
  const text = words[state == "refused" ? (REFUSALS.includes(refusal) ? refusal : "no") : state];
  return text.replace("{when}", () => when(opens));
};

/** Its class: going on, good or bad. @param {import("./callback_request.js").Course} course */
export const toneOf = ({ state, more }) =>
  more || state == "sending"
    ? "going"
    : { refused: "bad", error: "bad", busy: "bad", talked: "good", scheduled: "good" }[state] || "";
