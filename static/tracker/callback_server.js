// Sends the messages of click-to-call to the server.

import { json } from "./json.js";

const PATIENCE = 20e3; // milliseconds for an answer: the PBX has 10 seconds for its own

let path = "/callback";

/** Where requests are posted to. */
export const callbackAddress = () => new URL(path, self.Leadtracker.address).href;

/**
 * A server that is not at the top of its host says where it takes requests.
 * @param {string} [told]
 */
export const learnCallbackPath = (told) => {
  path = told || path;
};

/**
 * @param {string} url
 * @param {object} [message] to be posted
 * @returns {Promise<any>} what the server says, whatever it is; rejects where there is no answer
 */
export const exchange = async (url, message) => {
  const response = await fetch(url, {
    ...(message && { method: "POST", body: json(message) }),
    cache: "no-store",
    signal: AbortSignal.timeout && AbortSignal.timeout(PATIENCE),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.status == 429) return { state: "refused", words: "often" };
  if (answer && (response.ok || answer.words)) return answer;
  throw response.status;
};
