// Keeps the parts of a caller's card that change up to date; what is in use stays as it is.

import { whileShown } from "./parts/while_shown.js";

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

whileShown(() => ask().catch(() => {})); // the next turn asks again
