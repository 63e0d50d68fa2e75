// The order of the tracker's functions and the letters of its names: those that gzip makes the least of, which is 2 %
// of the script.
// A search finds them, `node static/build.mjs --order`, and prints them for build.mjs: what is built must not depend on
// the zlib of the machine that builds.

import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";

export const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_";
const TRIALS = 60000; // some minutes
const WARMTH = 1.5; // bytes worse that are often accepted at the beginning

/** @param {string | Buffer} text */
export const weigh = (text) => gzipSync(text, { level: 9 }).length;

/** By the system's gzip: Node's zlib is not everybody's. @param {string} text */
const weighElsewhere = (text) => spawnSync("gzip", ["-9"], { input: text, maxBuffer: 1e6 }).stdout.length;

/**
 * Where a name of one letter stands that is ours: variables and parameters, not properties.
 * @param {any} node @param {any} [parent] @param {string} [role] of the node in its parent
 * @returns {number[]}
 */
const namesIn = (node, parent, role) => {
  if (Array.isArray(node)) return node.flatMap((part) => namesIn(part, parent, role));
  if (!node?.type) return [];
  const property = parent && !parent.computed && /^(key|property)$/.test(role);
  if (node.type == "Identifier") return node.name.length > 1 || property ? [] : [node.start];
  if (node.shorthand) throw Error("a name that is a property too would not be free to change");
  return Object.keys(node).flatMap((key) => namesIn(node[key], node, key));
};

/**
 * What is no function needs some of them when it is made, so it comes after them all, as it stood.
 * @param {string} code the minified tracker: one declaration, and what it does with it
 * @returns {{count: number, arranged: (order: number[], letters: string) => string}} `letters`: for those of LETTERS
 */
export const functionsOf = (code) => {
  /** @type {any} */
  const tree = parse(code, { ecmaVersion: 2022 });
  const [{ block }] = tree.body[0].expression.callee.body.body;
  const [{ kind, declarations, start, end }] = block.body;
  if (kind != "var") throw Error("terser no longer makes one declaration of all");
  const names = namesIn(tree).sort((one, other) => one - other);
  /** The code before each name and its letter, and in the end the code after the last. */
  const piece = (from, to) => {
    const inside = names.filter((name) => name >= from && name < to);
    return {
      before: inside.map((name, place) => [code.slice(place ? inside[place - 1] + 1 : from, name), code[name]]),
      last: code.slice(inside.length ? inside[inside.length - 1] + 1 : from, to),
    };
  };
  const [functions, others] = [true, false].map((wanted) =>
    declarations
      .filter(({ init }) => (init?.type == "ArrowFunctionExpression") == wanted)
      .map((part) => piece(part.start, part.end)),
  );
  const [head, tail] = [piece(0, start), piece(end, code.length)];
  const arranged = (order, letters) => {
    const named = Object.fromEntries([...LETTERS].map((letter, place) => [letter, letters[place]]));
    const write = ({ before, last }) => before.map(([text, letter]) => text + named[letter]).join("") + last;
    const parts = [...order.map((place) => functions[place]), ...others].map(write).join();
    return write(head) + "let " + parts + ";" + write(tail);
  };
  return { count: functions.length, arranged };
};

/** @param {ReturnType<typeof functionsOf>} functions @returns {{order: number[], letters: string}} */
export const bestOrder = ({ count, arranged }) => {
  const order = [...Array(count).keys()];
  const letters = [...LETTERS];
  const any = (most) => Math.floor(Math.random() * most);
  let best = { order, letters: LETTERS };
  let least = Infinity;
  let last = Infinity;
  for (let left = TRIALS; left; left--) {
    const among = any(3) ? letters : order;
    const [from, to] = [any(among.length), any(among.length)];
    const move = (a, b) =>
      among == order ? order.splice(b, 0, ...order.splice(a, 1)) : ([letters[a], letters[b]] = [letters[b], letters[a]]);
    move(from, to);
    const text = arranged(order, letters.join("")) + "\n";
    // Something worse is accepted too, less and less, or the search ends in the first hollow.
    const most = last - ((WARMTH * left) / TRIALS) * Math.log(Math.random());
    let weight = weigh(text);
    if (weight <= most) weight = Math.max(weight, weighElsewhere(text));
    if (weight <= most) last = weight;
    else move(to, from);
    if (last < least) {
      least = last;
      best = { order: [...order], letters: letters.join("") };
    }
  }
  return best;
};
