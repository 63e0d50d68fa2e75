// The order of the tracker's functions: one that gzip makes the least of, which is 1 % of the script.
// A search finds it, `node static/build.mjs --order`, and prints it for build.mjs: what is built must not depend on the
// zlib of the machine that builds.

import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";

const TRIALS = 10000; // some minutes
const WARMTH = 2; // bytes worse that are often accepted at the beginning

/** @param {string | Buffer} text */
export const weigh = (text) => gzipSync(text, { level: 9 }).length;

/** Node's zlib is not everybody's: in bytes by the worse of it and the system's gzip. @param {string} text */
const weighTwice = (text) =>
  Math.max(weigh(text), spawnSync("gzip", ["-9"], { input: text, maxBuffer: 1e6 }).stdout.length);

/**
 * What is no function needs some of them when it is made, so it comes after them all, as it stood.
 * @param {string} code the minified tracker: one declaration, and what it does with it
 * @returns {{count: number, arranged: (order: number[]) => string}}
 */
export const functionsOf = (code) => {
  /** @type {any} */
  const [{ expression }] = parse(code, { ecmaVersion: 2022 }).body;
  const [{ block }] = expression.callee.body.body;
  const [{ kind, declarations, start, end }] = block.body;
  if (kind != "var") throw Error("terser no longer makes one declaration of all");
  const [functions, others] = [true, false].map((wanted) =>
    declarations
      .filter(({ init }) => (init?.type == "ArrowFunctionExpression") == wanted)
      .map((part) => code.slice(part.start, part.end)),
  );
  const arranged = (order) =>
    code.slice(0, start) + "let " + [...order.map((place) => functions[place]), ...others].join() + ";" + code.slice(end);
  return { count: functions.length, arranged };
};

/** @param {ReturnType<typeof functionsOf>} functions */
export const bestOrder = ({ count, arranged }) => {
  const order = [...Array(count).keys()];
  const any = () => Math.floor(Math.random() * count);
  let best = [...order];
  let least = weighTwice(arranged(order));
  let last = least;
  for (let left = TRIALS; left; left--) {
    const [from, to] = [any(), any()];
    order.splice(to, 0, ...order.splice(from, 1));
    const weight = weighTwice(arranged(order));
    // Something worse is accepted too, less and less, or the search ends in the first hollow.
    if (weight <= last || Math.random() < Math.exp(((last - weight) / WARMTH) * (TRIALS / left))) last = weight;
    else order.splice(from, 0, ...order.splice(to, 1));
    if (last < least) {
      least = last;
      best = [...order];
    }
  }
  return best;
};
