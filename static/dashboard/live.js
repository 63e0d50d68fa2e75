// Keeps the newest page of calls, or of another list, up to date: new rows come in on top, changed ones in place, nothing jumps.
const EVERY_MS = 4000;
const table = document.querySelector("[data-live]");
const body = table.tBodies[0];
const sign = document.getElementById("live");
const [ONE, MANY] = (table.dataset.words ?? "call calls").split(" ");
const seen = new Map();
let timer;
let tag = "";

const read = (html) => {
  const holder = document.createElement("table");
  holder.innerHTML = html;
  return [...holder.querySelectorAll("tr")];
};

const say = (words) => {
  sign.hidden = false;
  if (sign.textContent !== words) sign.textContent = words;
};

const show = (rows) => {
  const there = new Map([...body.rows].map((row) => [row.id, row]));
  const height = body.offsetHeight;
  const below = window.scrollY > body.getBoundingClientRect().top + window.scrollY;
  let fresh = 0;
  let place = body.firstElementChild;
  for (const row of rows) {
    const old = there.get(row.id);
    const html = row.innerHTML;
    if (!old) {
      row.classList.add("new");
      body.insertBefore(row, place);
      fresh += 1;
    } else {
      if (seen.get(row.id) !== html && !old.contains(document.activeElement)) old.innerHTML = html;
      place = old.nextElementSibling;
    }
    seen.set(row.id, html);
  }
  if (below) window.scrollBy(0, body.offsetHeight - height);
  return fresh;
};

const ask = async () => {
  const answer = await fetch(table.dataset.live, { headers: tag ? { "If-None-Match": tag } : {} });
  if (answer.redirected) return location.reload();
  if (answer.status === 304) return say("Live");
  if (!answer.ok) return say("Not up to date");
  tag = answer.headers.get("ETag") ?? "";
  const rows = read(await answer.text());
  if (!body.rows.length && rows.length) return location.reload();
  const fresh = show(rows);
  say(fresh ? `${fresh} new ${fresh === 1 ? ONE : MANY}` : "Live");
};

const turn = async () => {
  try {
    await ask();
  } catch {
    say("Not up to date: the server does not answer");
  }
  if (!document.hidden) timer = setTimeout(turn, EVERY_MS);
};

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) turn();
});
document.documentElement.style.overflowAnchor = "none"; // not every browser keeps the place: `show` does, in all
for (const row of body.rows) seen.set(row.id, row.innerHTML);
if (!document.hidden) timer = setTimeout(turn, EVERY_MS);
