// Draws a table of figures: answered and missed calls as stacked columns, visits as a line.

import uPlot from "uplot";

const HEIGHT = 240;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 5e4, 1e5]; // of an axis
const chart = /** @type {HTMLElement} */ (document.querySelector(".chart[data-table]"));
const figures = /** @type {HTMLTableElement} */ (
  document.getElementById(chart.dataset.table ?? "")
);
const rows = [...figures.tBodies[0].rows];
const labels = rows.map((row) => (row.cells[0].textContent ?? "").trim());

/** @param {number} number */
const column = (number) => rows.map((row) => Number(row.cells[number].textContent));
const [visits, answered, missed, calls] = [1, 2, 3, 4].map(column);
const places = rows.map((_, number) => number);

/** @param {string} name */
const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * @param {string} scale
 * @param {uPlot.Axis.Side} side
 * @param {uPlot.Axis} extra
 * @returns {uPlot.Axis}
 */
const axis = (scale, side, extra) => ({
  scale,
  side,
  stroke: color("quiet"),
  grid: { stroke: color("line"), width: 1, show: scale === "calls" },
  ticks: { show: false },
  font: "12px system-ui, sans-serif",
  ...extra,
});

/** @returns {uPlot.Axis[]} */
const axes = () => [
  axis("x", 2, {
    size: 32,
    space: 64,
    splits: (_, number, low, high, step) =>
      places.filter((place) => place % Math.max(1, Math.round(step)) === 0),
    values: (_, splits) => splits.map((place) => labels[place] ?? ""),
  }),
  axis("calls", 3, { label: "Calls", size: 44, labelSize: 20, incrs: STEPS }),
  axis("visits", 1, { label: "Visits", size: 52, labelSize: 20, incrs: [...STEPS, 1e6] }),
];

/** @param {string} label @param {string} name of its color @returns {uPlot.Series} */
const columns = (label, name) => ({
  label,
  scale: "calls",
  fill: color(name),
  stroke: color(name),
  width: 0,
  paths: uPlot.paths.bars?.({ size: [0.7, 44], radius: 0.12 }),
  points: { show: false },
});

/**
 * What is said of the place that the pointer is at.
 * @param {(string | number)[]} values
 */
const sayOf = (values) => (/** @type {number | null} */ place) => values[place ?? -1] ?? "–";

/** @returns {uPlot.Series[]} */
const series = () => [
  { label: "From", value: (_, place) => sayOf(labels)(place) },
  // Drawn one before the other: all calls in the color of the missed ones, the answered in front.
  {
    ...columns("Missed", "missed"),
    value: (_, all, number, place) => sayOf(missed)(place),
  },
  columns("Answered", "answered"),
  {
    label: "Visits",
    scale: "visits",
    stroke: color("visits"),
    width: 2,
    points: { show: places.length < 3 },
  },
];

/** @type {uPlot.Scale} with some room above the greatest */
const fromZero = { range: (_, low, high) => [0, Math.max(4, high * 1.1)] };

/** @returns {uPlot.Options} */
const options = () => ({
  width: chart.clientWidth,
  height: HEIGHT,
  cursor: { y: false, drag: { x: false, y: false } },
  scales: {
    x: { time: false, range: [-0.6, places.length - 0.4] },
    calls: fromZero,
    visits: fromZero,
  },
  axes: axes(),
  series: series(),
});

/** @type {uPlot | undefined} */
let drawn;
const draw = () => {
  drawn?.destroy();
  const reached = calls.map((_, place) => answered[place] + missed[place]);
  drawn = new uPlot(options(), [places, reached, answered, visits], chart);
};

chart.setAttribute("role", "img");
chart.setAttribute(
  "aria-label",
  "Calls and visits over time; the table below has the same figures",
);
chart.append(" "); // no longer :empty, so that it has a width
draw();
new ResizeObserver(() => drawn?.setSize({ width: chart.clientWidth, height: HEIGHT })).observe(
  chart,
);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
