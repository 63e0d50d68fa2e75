// What the scripts give the page.

import type { Tracker } from "./main.js";

declare global {
  interface Window {
    Leadtracker: Tracker;
    VC_DID_TRACKER: Tracker;
  }
}
