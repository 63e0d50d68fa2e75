// Gives each `pre.copy` a button that copies it; without one, a click marks all of it.

/** @param {Element} text */
const addButton = (text) => {
  const line = text.textContent || "";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copied";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(line);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  text.prepend(button);
};

if (navigator.clipboard) document.querySelectorAll("pre.copy").forEach(addButton);
