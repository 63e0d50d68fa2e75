// The order of the tracker's functions: one that gzip makes the least of, which is 1 % of the script.
// A search finds it, `node static/build.mjs --order`, and prints it for build.mjs: what is built must not depend on the
// zlib of the machine that builds.

import { gzipSync } from "node:zlib";
import { parse } from "acorn";

const TRIALS = 50000;

/** @param {string | Buffer} text */
export const weigh = (text) => gzipSync(text, { level: 9 }).length;

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
  let least = weigh(arranged(order));
  for (let tried = 0; tried < TRIALS; tried++) {
    const [from, to] = [any(), any()];
    order.splice(to, 0, ...order.splice(from, 1));
    const weight = weigh(arranged(order));
    if (weight <= least) least = weight;
    else order.splice(from, 0, ...order.splice(to, 1));
  }
  return order;
};
