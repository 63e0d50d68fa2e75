// Does something again and again while the page is shown, and at once when it is shown again.

const PERIOD = 4000; // milliseconds

/** @param {() => Promise<void>} act never rejects */
export const whileShown = (act) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const wait = () => {
    if (!document.hidden) timer = setTimeout(turn, PERIOD);
  };
  const turn = async () => {
    await act();
    wait();
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) turn();
  });
  wait();
};
