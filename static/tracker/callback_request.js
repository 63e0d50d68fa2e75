// Sends a request to be called back at most once, and follows how the call goes.

import { courseOf } from "./callback_course.js";
import { formToken, spendFormToken } from "./callback_form_token.js";
import { forget, keep, kept } from "./callback_kept.js";
import { callbackAddress, exchange } from "./callback_server.js";

/** @typedef {import("./callback_course.js").Course} Course */
/** @typedef {import("./callback_course.js").Answer} Answer */

/**
 * What the visitor typed.
 * @typedef {object} Fields
 * @property {string} phone
 * @property {string} name
 * @property {string} note
 * @property {string} website what only robots fill in
 * @property {number} since when the form was shown, in epoch milliseconds
 */

const PERIOD = 2e3; // milliseconds between two questions how it goes
const LONGEST = 600e3; // milliseconds that it is asked for
const MOST_FAILURES = 5; // of questions, in a row

/** Requests of this page, in the order in which the page made them known. */
let places = 0;

/** A UUID; crypto.randomUUID is not for pages without https. */
const newId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((over) => setTimeout(over, milliseconds));

/**
 * Once more if need be: what was not answered may have arrived all the same, and the server knows
 * the id.
 * @param {object} message
 * @returns {Promise<Answer>}
 */
const deliver = async (message) => {
  try {
    return await exchange(callbackAddress(), message);
  } catch (failure) {
    if (/** @type {number} */ (failure) < 500) throw failure;
    await pause(PERIOD / 2);
    return exchange(callbackAddress(), message);
  }
};

/**
 * What we believe of a call that we lost sight of.
 * @param {string} last what the server said last
 * @returns {Course}
 */
const lastSeen = (last) => {
  if (last.startsWith("visitor")) return { state: "talked" };
  return { state: "uncertain" };
};

/** One form or widget of the page. */
export class CallbackRequest {
  /**
   * @param {(course: Course) => void} tell is called with each new course
   * @param {string} [token] of the site, where the page has several
   */
  constructor(tell, token) {
    this.tell = tell;
    this.token = token;
    this.place = location.pathname + places++;
    this.going = false;
    /**
     * What was sent last beside the visitor's own words.
     * @type {Record<string, string>}
     */
    this.sent = {};
  }

  sender() {
    const { visitor, visit } = self.Leadtracker.visitor();
    return { token: this.token || [...self.Leadtracker.lines.keys()][0], visitor, visit };
  }

  /** Fetches what the form needs, before it is sent. */
  prepare() {
    return formToken(this.sender());
  }

  /**
   * Sends it, unless it is on its way already.
   * @param {() => Fields} read called when the countries are known
   */
  async send(read) {
    if (this.going) return;
    this.going = true;
    this.tell({ state: "sending" });
    try {
      await this.prepare();
      const fields = read();
      let answer = await this.post(fields);
      if (answer.words == "again") {
        // The token is spent or forgotten, or the browser filled in everything at once: nobody was
        // called.
        await pause(PERIOD);
        answer = await this.post(fields);
      }
      await this.follow(answer, this.sent.id);
    } catch (failure) {
      spendFormToken();
      this.tell({ state: "error" });
    }
    this.going = false;
  }

  /** @param {Fields} fields @returns {Promise<Answer>} */
  async post({ since, ...fields }) {
    const { form } = await this.prepare();
    const last = kept();
    const id = last && last.phone == fields.phone ? last.id : newId();
    keep({ id, phone: fields.phone, place: this.place, at: Date.now() });
    this.sent = { id, ...this.sender(), form };
    const answer = await deliver({ ...this.sent, ...fields, filled_ms: Date.now() - since });
    spendFormToken();
    if (answer.words) forget(); // refused: nobody is called
    return answer;
  }

  /** @param {string} id @returns {Promise<Answer>} */
  question(id) {
    return exchange(`${callbackAddress()}/${id}?visitor=${this.sender().visitor}`);
  }

  /**
   * Asks how it goes until it is over.
   * @param {Answer} answer the first one
   * @param {string} id
   */
  async follow(answer, id) {
    const until = Date.now() + LONGEST;
    let failures = 0;
    let last = answer.state;
    let more = this.report(courseOf(answer));
    while (more && Date.now() < until && failures < MOST_FAILURES) {
      await pause(PERIOD);
      if (document.visibilityState == "hidden") continue;
      try {
        const next = await this.question(id);
        failures = 0;
        if (next.state != last) more = this.report(courseOf(next));
        last = next.state;
      } catch (failure) {
        failures++;
      }
    }
    if (more) this.report(lastSeen(last));
  }

  /** @param {Course} course @returns {boolean | undefined} whether there is more to come */
  report(course) {
    const last = kept();
    // Of what is scheduled the same number is still the same request, but there is nothing to go on
    // with.
    if (course.state == "scheduled" && last) keep({ ...last, place: "" });
    else if (!course.more && course.state != "error") forget();
    this.tell(course);
    return course.more;
  }

  /**
   * Goes on with what was sent before the page was loaded again.
   * @returns {string} the number it was for
   */
  resume() {
    const last = kept();
    if (!last || last.place != this.place) return "";
    this.going = true;
    this.question(last.id)
      .then((answer) => this.follow(answer, last.id))
      .catch(() => {}) // it did not arrive, or nobody knows: sent again, it is the same request
      .then(() => (this.going = false));
    return last.phone;
  }
}
