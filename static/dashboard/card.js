// Keeps the card of a caller up to date while a call goes on; what is in use stays as it is.

const PERIOD = 4000; // milliseconds
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

const ask = async () => {
  const answer = await fetch(location.href);
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = document.getElementById("card");
  const fresh = page.getElementById("card");
  if (!there || !fresh || there.innerHTML === fresh.innerHTML) return;
  if (there.contains(document.activeElement)) return;
  document.title = page.title;
  there.replaceWith(fresh);
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
