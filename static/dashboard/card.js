// Keeps the parts of a caller's card that change up to date; what is in use stays as it is.

const PERIOD = 4000; // milliseconds
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

const ask = async () => {
  const answer = await fetch(location.href);
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = page.title;
  for (const there of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(there.id);
    const isUsed = there.contains(document.activeElement);
    if (fresh && !isUsed && there.innerHTML !== fresh.innerHTML) there.replaceWith(fresh);
  }
};

const turn = async () => {
  await ask().catch(() => {}); // the next turn asks again
  wait();
};

const wait = () => {
  if (!document.hidden) timer = setTimeout(turn, PERIOD);
};

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) turn();
});
wait();

export {}; // so that its names are its own
