import { StrictMode, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server.browser";

const Contact = ({ area, rest }) => (
  <p id="split">
    Call {area}-{rest} now
  </p>
);

const Shop = () => {
  const [number, setNumber] = useState("03-123-4567");
  const [shown, setShown] = useState(true);
  const [clicks, setClicks] = useState(0);
  return (
    <main>
      <p id="in-place">{number}</p>
      <p id="mixed">
        Call {number} ({clicks} clicks)
      </p>
      <Contact area={number.slice(0, 2)} rest={number.slice(3)} />
      <span className="own">
        {shown && "call "}
        {number}
      </span>
      {shown && <a id="link" href={`tel:${number}`}>{number}</a>}
      <input id="typed" defaultValue="03-123-4567" />
      <button id="click" onClick={() => setClicks(clicks + 1)}>click</button>
      <button id="toggle" onClick={() => setShown(!shown)}>toggle</button>
      <button id="change" onClick={() => setNumber(number == "03-123-4567" ? "03-765-4321" : "03-123-4567")}>change</button>
    </main>
  );
};

const root = document.getElementById("root");
const app = (
  <StrictMode>
    <Shop />
  </StrictMode>
);
if (location.search.includes("hydrate")) {
  root.innerHTML = renderToString(app);
  window.hydrate = () => hydrateRoot(root, app);
} else createRoot(root).render(app);
