// The demo's own panel: mirrors the number the page shows, and has the simulated PBX ring it.

const number = document.querySelector("#number");
const mirror = document.querySelector("[data-mirror]");
const form = document.querySelector("#ring");
const story = document.querySelector("#story");
const button = form.querySelector("button");

const reflect = () => (mirror.textContent = number.textContent);
new MutationObserver(reflect).observe(number, {
  childList: true,
  characterData: true,
  subtree: true,
});
reflect();

form.name.value = localStorage.getItem("demo-name") || "";
form.name.addEventListener("change", () => {
  localStorage.setItem("demo-name", form.name.value.trim());
  location.reload(); // the page says who is here when it loads, as real pages do
});

const tell = ({ said, link, href }) => {
  const line = document.createElement("li");
  line.append(said);
  if (href) {
    const there = document.createElement("a");
    line.append(" ", Object.assign(there, { href, target: "_blank", textContent: link }));
  }
  story.append(line);
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  story.replaceChildren();
  try {
    const answer = await fetch("/ring", {
      method: "POST",
      body: JSON.stringify({ shop: form.dataset.shop, number: number.textContent }),
    });
    if (!answer.ok) throw Error(await answer.text());
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      lines.forEach((line) => tell(JSON.parse(line)));
    }
  } catch (fault) {
    tell({ said: `The call could not be made: ${fault.message}` });
  }
  button.disabled = false;
});
