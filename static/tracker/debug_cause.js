// Says in words what most likely went wrong.

const { address } = self.Leadtracker;
const home = new URL(address).origin;
export const LATE = "The server did not answer within 5 seconds.";

const STRANGER = "it is not Leadtracker but, say, a proxy or a firewall.";

/** Why a request was refused: the server says so. @param {Response} response */
const causeOfRefusal = async (response) => {
  const { status } = response;
  const { detail, title } = Object(await response.json().catch(() => null));
  if (status >= 500)
    return `The server has a fault of its own (${[status, title].filter(Boolean).join(": ")}).`;
  if (title) return `The server refused (${status}): ${detail || title}.`;
  if (status == 403)
    return (
      "The server refused (403): the token is unknown, " +
      `or ${location.origin} is not among the site's origins.`
    );
  return `What answers at ${address} refused (${status}): ${STRANGER}`;
};

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
  if (reached) return `What answers at ${home} hides it from this page: ${STRANGER}`;
  return `The server at ${home} cannot be reached: it is down, or a script blocker is at work.`;
};

/** @param {unknown} failure a response, LATE, or what was thrown @returns {Promise<string>} */
export const causeOf = async (failure) => {
  if (failure == LATE) return LATE;
  if (failure instanceof Response) return causeOfRefusal(failure);
  const { name, message } = /** @type {Error} */ (Object(failure));
  if (name == "TimeoutError")
    return "The server did not answer within 30 seconds; it is asked again later.";
  if (name == "SyntaxError" && failure instanceof DOMException)
    return `A selector is wrong: ${message}`;
  if (name == "SyntaxError") return `The answer is not JSON: something else answers at ${address}.`;
  if (!(failure instanceof Error))
    return `The answer is not Leadtracker's: something else answers at ${address}.`;
  if (name == "TypeError") return causeOfNoAnswer();
  return String(failure);
};
