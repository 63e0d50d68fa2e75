// One request to be called back: its form token, its sending at most once, and how the call goes on.

/** @type {any} */
const page = self;

const TOKEN_AGE = 25 * 60e3; // milliseconds a form token is used for: the server takes it for 30 minutes
const PATIENCE = 20e3; // milliseconds for an answer: the PBX has 10 seconds for its own
const PERIOD = 2e3; // milliseconds between two questions how it goes
const LONGEST = 600e3; // milliseconds that it is asked for
const MOST_FAILURES = 5; // of questions, in a row
const FORGOTTEN = 30 * 60e3; // milliseconds after which the same number is a new request
const KEPT = "leadtracker-callback"; // in sessionStorage

/** What the server calls a state, and what the visitor sees. @type {Record<string, State>} */
const STATES = {
  received: "ringing",
  dialling: "ringing",
  "agent answered": "calling",
  "visitor answered": "connected",
  talked: "talked",
  scheduled: "scheduled",
  failed: "busy",
  uncertain: "uncertain",
  unknown: "uncertain",
  cancelled: "cancelled",
  refused: "refused",
};
const GOING = ["received", "dialling", "agent answered", "visitor answered", "uncertain"];

/**
 * @typedef {"idle" | "sending" | "ringing" | "calling" | "connected" | "talked" | "scheduled" | "busy" | "uncertain" |
 *   "cancelled" | "refused" | "error"} State
 * @typedef {{state: State, words?: string, opens?: string | null, more?: boolean}} Course `words` of a refusal: number,
 *   often, again, no; `more` is to come
 * @typedef {{form: string, open: boolean, opens: string | null, countries: string[], country: string}} Form
 * @typedef {{phone: string, name: string, note: string, website: string, since: number}} Fields `since`: the form is shown
 * @typedef {{id: string, phone: string, place: string, at: number}} Kept `place`: page and form; none once it is scheduled
 */

/** Stands in for sessionStorage where that is blocked. @type {Kept | null} */
let memory = null;

/** @returns {Kept | null} the request that is not over, or was not answered */
const kept = () => {
  try {
    memory = JSON.parse(sessionStorage[KEPT]);
  } catch (blocked) {}
  return memory && Date.now() - memory.at < FORGOTTEN ? memory : null;
};

/** @param {Kept | null} request */
const keep = (request) => {
  memory = request;
  try {
    if (request) sessionStorage[KEPT] = JSON.stringify(request);
    else sessionStorage.removeItem(KEPT);
  } catch (blocked) {}
};

/** A UUID; crypto.randomUUID is not for pages without https. */
const newId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

/** @param {string} url @param {object} [message] posted @returns {Promise<any>} rejects where there is no answer to it */
const exchange = async (url, message) => {
  const response = await fetch(url, {
    ...(message && { method: "POST", body: JSON.stringify(message) }),
    cache: "no-store",
    signal: AbortSignal.timeout && AbortSignal.timeout(PATIENCE),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.status == 429) return { state: "refused", words: "often" };
  if (answer && (response.ok || answer.words)) return answer;
  throw response.status;
};

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((over) => setTimeout(over, milliseconds));

/** Where requests are posted to. */
export const road = () => new URL("/callback", page.Leadtracker.address).href;

/** @type {{asked: Promise<Form>, token: string, at: number} | null} */
let form = null;

/** Requests of this page, in the order in which the page made them known. */
let places = 0;

/**
 * @param {(course: Course) => void} tell is called with each new state
 * @param {{token?: string}} [options] `token`: of the site, where the page has several
 */
export const newRequest = (tell, options = {}) => {
  const place = location.pathname + places++;
  let going = false;
  /** @type {Record<string, any>} */
  let sent = {};

  const who = () => {
    const { visitor, visit } = page.Leadtracker.visitor();
    return { token: options.token || [...page.Leadtracker.lines.keys()][0], visitor, visit };
  };

  /** A form token that is not too old, with the opening and the countries. @returns {Promise<Form>} */
  const prepare = () => {
    const { token } = who();
    if (!form || form.token != token || Date.now() - form.at > TOKEN_AGE) {
      const asked = exchange(page.Leadtracker.address, { ask: "form", ...who(), page: location.href }).then((answer) => {
        if (!Array.isArray(answer.countries)) throw answer;
        return answer;
      });
      form = { asked, token, at: Date.now() };
      asked.catch(() => (form = null));
    }
    return form.asked;
  };

  /** @param {string} phone @returns {Promise<Record<string, any>>} what is sent beside the visitor's own words */
  const envelope = async (phone) => {
    const { form } = await prepare();
    const last = kept();
    const id = last && last.phone == phone ? last.id : newId();
    keep({ id, phone, place, at: Date.now() });
    return (sent = { id, ...who(), form });
  };

  /** @param {Fields} fields */
  const post = async ({ since, ...fields }) => {
    const message = { ...(await envelope(fields.phone)), ...fields, filled_ms: Date.now() - since };
    let answer;
    try {
      answer = await exchange(road(), message);
    } catch (failure) {
      if (typeof failure == "number") throw failure;
      // It may have arrived all the same: the server knows the id.
      await pause(PERIOD / 2);
      answer = await exchange(road(), message);
    }
    form = null; // spent
    if (answer.words) keep(null); // refused: nobody is called
    return answer;
  };

  /** @param {any} answer @returns {boolean} whether there is more to come */
  const report = ({ state, words, opens, over }) => {
    const course = ("" + state).replace("_", " ");
    const known = words ? "refused" : STATES[course] || "error";
    const more = !over && GOING.includes(course);
    // Of what is scheduled the same number is still the same request, but there is nothing to go on with.
    if (known == "scheduled") keep(kept() && { ...kept(), place: "" });
    else if (!more && known != "error") keep(null);
    tell({ state: known, words, opens, more });
    return more;
  };

  /** Asks how it goes until it is over. @param {any} answer the first one @param {string} id */
  const follow = async (answer, id) => {
    const until = Date.now() + LONGEST;
    let failures = 0;
    let last = answer.state;
    let more = report(answer);
    while (more && Date.now() < until && failures < MOST_FAILURES) {
      await pause(PERIOD);
      if (document.visibilityState == "hidden") continue;
      try {
        const next = await exchange(`${road()}/${id}?visitor=${who().visitor}`);
        failures = 0;
        if (next.state != last) more = report(next);
        last = next.state;
      } catch (failure) {
        failures++;
      }
    }
    if (more) report({ state: /^visitor/.test(last) ? "talked" : "unknown", over: true });
  };

  return {
    prepare,

    /** What was sent last beside the visitor's own words. */
    sent: () => sent,

    /** Sends it, unless it is on its way already. @param {() => Fields} read called when the countries are known */
    async send(read) {
      if (going) return;
      going = true;
      tell({ state: "sending" });
      try {
        await prepare();
        const fields = read();
        let answer = await post(fields);
        if (answer.words == "again") {
          // The token is spent or forgotten, or the browser filled in everything at once: nobody was called.
          await pause(PERIOD);
          answer = await post(fields);
        }
        await follow(answer, sent.id);
      } catch (failure) {
        form = null;
        tell({ state: "error" });
      }
      going = false;
    },

    /** Goes on with what was sent before the page was loaded again. @returns {string} the number it was for */
    resume() {
      const last = kept();
      if (!last || last.place != place) return "";
      going = true;
      exchange(`${road()}/${last.id}?visitor=${who().visitor}`)
        .then((answer) => follow(answer, last.id))
        .catch(() => {}) // it did not arrive, or nobody knows: sent again, it is the same request
        .then(() => (going = false));
      return last.phone;
    },

    /** The next one is another request, be it for the same number. */
    forget() {
      keep(null);
    },
  };
};
