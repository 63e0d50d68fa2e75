// Keeps the newest page of a list up to date: new rows come on top, and nothing jumps.

import { whileShown } from "./parts/while_shown.js";

const table = /** @type {HTMLTableElement} */ (document.querySelector("[data-live]"));
const address = /** @type {string} */ (table.dataset.live);
const body = table.tBodies[0];
const sign = /** @type {HTMLElement} */ (document.getElementById("live"));
const [ONE, MANY] = (table.dataset.words ?? "call calls").split(" ");
/**
 * What each row had in it, by its id.
 * @type {Map<string, string>}
 */
const seen = new Map();
let tag = "";

/** @param {string} html */
const rowsOf = (html) => {
  const holder = document.createElement("table");
  holder.innerHTML = html;
  return [...holder.querySelectorAll("tr")];
};

/** @param {string} words */
const say = (words) => {
  sign.hidden = false;
  if (sign.textContent !== words) sign.textContent = words;
};

/**
 * Puts the rows into the table.
 * @param {HTMLTableRowElement[]} rows
 * @returns {number} how many are new
 */
const merge = (rows) => {
  const there = new Map([...body.rows].map((row) => [row.id, row]));
  let fresh = 0;
  let place = body.firstElementChild;
  for (const row of rows) {
    const old = there.get(row.id);
    const html = row.innerHTML;
    if (old) {
      const isUsed = old.contains(document.activeElement);
      if (seen.get(row.id) !== html && !isUsed) old.innerHTML = html;
      place = old.nextElementSibling;
    } else {
      row.classList.add("new");
      body.insertBefore(row, place);
      fresh += 1;
    }
    seen.set(row.id, html);
  }
  return fresh;
};

/**
 * Not every browser keeps the place of who has scrolled down, so we do.
 * @param {HTMLTableRowElement[]} rows
 */
const show = (rows) => {
  const height = body.offsetHeight;
  const isScrolled = body.getBoundingClientRect().top < 0;
  const fresh = merge(rows);
  if (isScrolled) window.scrollBy(0, body.offsetHeight - height);
  return fresh;
};

const ask = async () => {
  const answer = await fetch(address, { headers: tag ? { "If-None-Match": tag } : {} });
  if (answer.redirected) return location.reload();
  if (answer.status === 304) return say("Live");
  if (!answer.ok) return say("Not up to date");
  tag = answer.headers.get("ETag") ?? "";
  const rows = rowsOf(await answer.text());
  if (!body.rows.length && rows.length) return location.reload();
  const fresh = show(rows);
  if (!fresh) return say("Live");
  say(`${fresh} new ${fresh === 1 ? ONE : MANY}`);
};

document.documentElement.style.overflowAnchor = "none"; // `show` keeps the place, in all browsers
for (const row of body.rows) seen.set(row.id, row.innerHTML);
whileShown(() => ask().catch(() => say("Not up to date: the server does not answer")));
