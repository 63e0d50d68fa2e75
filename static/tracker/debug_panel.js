// Builds the panel of debug mode, which no style and no script of the page reaches.

/** @typedef {import("./debug_findings.js").Remark} Remark */

const COLORS = { good: "#7ee2a8", warn: "#ffd166", plain: "#e8edf2" };
const STYLE = `
  :host {
    all: initial;
    position: fixed;
    z-index: 2147483647;
    inset-block-end: 8px;
    inset-inline-start: 8px;
    inline-size: min(26rem, calc(100vw - 16px));
    font:
      13px/1.4 system-ui,
      sans-serif;
    color: ${COLORS.plain};
  }
  section {
    background: #17202a;
    border-radius: 8px;
    box-shadow: 0 2px 12px #0008;
    padding: 8px 12px;
    max-block-size: 45vh;
    overflow: auto;
  }
  header {
    display: flex;
    justify-content: space-between;
    font-weight: 600;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    cursor: pointer;
  }
  p {
    margin: 2px 0;
    overflow-wrap: anywhere;
  }
  .warn {
    color: ${COLORS.warn};
  }
  .good {
    color: ${COLORS.good};
  }
  hr {
    border: 0;
    border-top: 1px solid #fff3;
  }
`;

/** @param {string} tag @param {string} [text] @param {string} [tone] */
const element = (tag, text = "", tone = "") =>
  Object.assign(document.createElement(tag), { textContent: text, className: tone, dir: "auto" });

/** @param {string} text @param {string} tone */
const line = (text, tone) => element("p", text, tone);

const host = document.createElement("leadtracker-debug");
const found = element("div");
const report = element("div");

const buildPanel = () => {
  // Closed, so that the tracker does not swap the numbers that the panel shows.
  const panel = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet(); // a <style> element would need the page's CSP to allow it
  sheet.replaceSync(STYLE);
  panel.adoptedStyleSheets = [sheet];
  const section = element("section");
  section.setAttribute("aria-label", "Leadtracker debug");
  report.setAttribute("role", "log");
  const header = element("header", "Leadtracker");
  const button = element("button", "✕");
  button.setAttribute("aria-label", "Close");
  button.onclick = () => host.remove();
  header.append(button);
  section.append(header, found, document.createElement("hr"), report);
  panel.append(section);
};
buildPanel();

export const openPanel = () => document.body.append(host);

/**
 * What is so now.
 * @param {Remark[]} remarks
 */
export const showFindings = (remarks) =>
  found.replaceChildren(...remarks.map(({ text, tone }) => line(text, tone)));

/**
 * What has happened.
 * @param {Remark} remark
 * @param {number} at epoch milliseconds
 */
export const addToReport = ({ text, tone }, at) =>
  report.append(line(`${new Date(at).toLocaleTimeString()} ${text}`, tone));
