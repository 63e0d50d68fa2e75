// Says in words what most likely went wrong.

const { address } = self.Leadtracker;
const home = new URL(address).origin;
const NO_SITE = `the token is unknown, or ${location.origin} is not among the site's origins.`;

export const LATE = "The server did not answer within 5 seconds.";

/** Whether the server can be reached at all. */
const isReached = () =>
  fetch(address, { mode: "no-cors", cache: "no-store" }).then(
    () => true,
    () => false,
  );

/** Why a request came to nothing: the browser does not say, so we try. */
const causeOfNoAnswer = async () => {
  let forbidden = false;
  /** @param {SecurityPolicyViolationEvent} violation */
  const listen = ({ effectiveDirective }) => {
    if (effectiveDirective == "connect-src") forbidden = true;
  };
  document.addEventListener("securitypolicyviolation", listen);
  const reached = await isReached();
  await new Promise((later) => setTimeout(later));
  document.removeEventListener("securitypolicyviolation", listen);
  if (forbidden)
    return `This page's Content-Security-Policy blocked the request: add ${home} to connect-src.`;
  if (reached) return `The server refused: ${NO_SITE}`;
  return `The server at ${home} cannot be reached: it is down, or a script blocker is at work.`;
};

/** @param {unknown} failure a status, LATE, or what was thrown @returns {Promise<string>} */
export const causeOf = async (failure) => {
  if (failure == LATE) return LATE;
  if (typeof failure == "number" && failure < 500)
    return `The server refused (${failure}): ${NO_SITE}`;
  if (typeof failure == "number") return `The server has a fault of its own (${failure}).`;
  const { name, message } = /** @type {Error} */ (failure);
  if (name == "TimeoutError")
    return "The server did not answer within 30 seconds; it is asked again later.";
  if (name == "SyntaxError" && failure instanceof DOMException)
    return `A selector is wrong: ${message}`;
  if (name == "SyntaxError") return `The answer is not JSON: something else answers at ${address}.`;
  if (name == "TypeError") return causeOfNoAnswer();
  return String(failure);
};
