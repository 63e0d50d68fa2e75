// Says how the widget looks: light and dark, from 320 px on, in both directions.

export const STYLE = `
  :host {
    all: initial;
    display: inline-block;
    color-scheme: light dark;
    --accent: var(--leadtracker-accent, #0b57d0);
    --on-accent: var(--leadtracker-on-accent, #fff);
    --paper: #fff;
    --ink: #1b1f24;
    --soft: #57606a;
    --line: #767e87;
    --bad: #b3261e;
    --good: #146c2e;
    font: 16px/1.5 var(--leadtracker-font, system-ui, sans-serif);
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --accent: var(--leadtracker-accent, #a8c7fa);
      --on-accent: var(--leadtracker-on-accent, #062e6f);
      --paper: #1f2328;
      --ink: #e6eaef;
      --soft: #a9b3bd;
      --line: #8b949e;
      --bad: #ffb4ab;
      --good: #7ee2a8;
    }
  }
  *,
  ::before {
    box-sizing: border-box;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    min-block-size: 44px;
    padding: 8px 20px;
    border: 1px solid transparent;
    border-radius: 8px;
    cursor: pointer;
  }
  .main {
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  .plain {
    background: none;
    border-color: var(--line);
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  dialog {
    inline-size: min(24rem, calc(100vw - 16px));
    max-block-size: calc(100dvh - 16px);
    overflow: auto;
    padding: 20px;
    margin: auto;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--paper);
    color: var(--ink);
    box-shadow: 0 8px 40px #0006;
    text-align: start;
  }
  dialog::backdrop {
    background: #0008;
  }
  h2 {
    margin: 0;
    font-size: 1.25rem;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  p {
    margin: 8px 0 0;
    color: var(--soft);
    overflow-wrap: anywhere;
  }
  label {
    display: block;
    margin-block-start: 12px;
    font-weight: 600;
  }
  input,
  select,
  textarea {
    display: block;
    inline-size: 100%;
    min-inline-size: 0;
    min-block-size: 44px;
    margin-block-start: 4px;
    padding: 8px 12px;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--paper);
    font-weight: 400;
  }
  textarea {
    resize: vertical;
  }
  [dir="rtl"] [type="tel"] {
    text-align: right;
  }
  [aria-invalid="true"] {
    border: 2px solid var(--bad);
  }
  [role="status"] {
    color: var(--ink);
    font-weight: 600;
  }
  [role="status"]:empty {
    margin: 0;
  }
  .bad {
    color: var(--bad);
  }
  .good {
    color: var(--good);
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-block-start: 16px;
  }
  footer .main {
    flex: 1 1 auto;
  }
  [hidden] {
    display: none;
  }
  .trap {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .going::before {
    content: "";
    display: inline-block;
    inline-size: 0.6em;
    block-size: 0.6em;
    margin-inline-end: 0.5em;
    border-radius: 50%;
    background: currentColor;
  }
  @media (prefers-reduced-motion: no-preference) {
    .going::before {
      animation: pulse 1.2s ease-in-out infinite alternate;
    }
    dialog[open] {
      animation: rise 0.15s ease-out;
    }
    @keyframes pulse {
      to {
        opacity: 0.25;
      }
    }
    @keyframes rise {
      from {
        opacity: 0;
        transform: translateY(8px);
      }
    }
  }
  @media (forced-colors: active) {
    .main {
      border-color: ButtonText;
    }
  }
`;
