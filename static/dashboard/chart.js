// Draws the table of figures that a `.chart` names: answered and missed calls as stacked columns, visits as a line.
import uPlot from "uplot";

const HEIGHT = 240;
const chart = document.querySelector(".chart[data-table]");
const figures = document.getElementById(chart.dataset.table);
const rows = [...figures.tBodies[0].rows];
const labels = rows.map((row) => row.cells[0].textContent.trim());
const column = (number) => rows.map((row) => Number(row.cells[number].textContent));
const [visits, answered, missed, calls] = [1, 2, 3, 4].map(column);
const places = rows.map((_, number) => number);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const bars = uPlot.paths.bars({ size: [0.7, 44], radius: 0.12 });

const axis = (scale, side, extra) => ({
  scale, side, stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1, show: scale === "calls" },
  ticks: { show: false }, font: "12px system-ui, sans-serif", ...extra,
});

const options = () => ({
  width: chart.clientWidth,
  height: HEIGHT,
  cursor: { y: false, drag: { x: false, y: false } },
  scales: {
    x: { time: false, range: [-0.6, places.length - 0.4] },
    calls: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] },
    visits: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] },
  },
  axes: [
    axis("x", 2, {
      size: 32, space: 64,
      splits: (_, number, low, high, step) => places.filter((place) => place % Math.max(1, Math.round(step)) === 0),
      values: (_, splits) => splits.map((place) => labels[place] ?? ""),
    }),
    axis("calls", 3, { label: "Calls", size: 44, labelSize: 20, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000] }),
    axis("visits", 1, { label: "Visits", size: 52, labelSize: 20, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000, 1000000] }),
  ],
  series: [
    { label: "From", value: (_, place) => (place == null ? "–" : labels[place]) },
    // Drawn one before the other: all calls in the colour of the missed ones, the answered in front.
    { label: "Missed", scale: "calls", fill: colour("missed"), stroke: colour("missed"), width: 0, paths: bars, points: { show: false }, value: (_, all, series, place) => (place == null ? "–" : missed[place]) },
    { label: "Answered", scale: "calls", fill: colour("answered"), stroke: colour("answered"), width: 0, paths: bars, points: { show: false } },
    { label: "Visits", scale: "visits", stroke: colour("visits"), width: 2, points: { show: places.length < 3 } },
  ],
});

let drawn;
const draw = () => {
  drawn?.destroy();
  const reached = calls.map((_, place) => answered[place] + missed[place]);
  drawn = new uPlot(options(), [places, reached, answered, visits], chart);
};
chart.setAttribute("role", "img");
chart.setAttribute("aria-label", "Calls and visits over time; the table below has the same figures");
chart.append(" "); // no longer :empty, so that it has a width
draw();
new ResizeObserver(() => drawn.setSize({ width: chart.clientWidth, height: HEIGHT })).observe(chart);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
