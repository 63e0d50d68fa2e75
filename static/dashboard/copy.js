// Gives each `pre.copy` a button that copies it; without JavaScript, or without https, a click marks all of it.
for (const text of document.querySelectorAll("pre.copy")) {
  if (!navigator.clipboard) break;
  const line = text.textContent;
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
}
