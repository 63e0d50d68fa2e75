// Builds static/dist, which is committed: installing Leadtracker needs no Node.
//   npm ci --prefix static && node static/build.mjs
//
// tracker.js moves with every release. tracker.v1.js never changes once version 1.0 is out: until then it is a
// copy of tracker.js; at the release, put its name and the hash that dist/sri.json then holds into FROZEN. From
// then on the build leaves the file alone and fails when its content is another, and the next break of the
// script's promises begins a tracker.v2.js.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";
import { bestOrder, functionsOf, weigh } from "./order.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = here + "dist/";
const NEWEST = "tracker.v1.js";
/** @type {Record<string, string>} file name -> sha384-… */
const FROZEN = {};
const BUDGET = 3072; // bytes of tracker.js after gzip -9; zlib's versions differ by a few

// Of its functions and names, by `node static/build.mjs --order`: to be found anew when the script changes.
const ORDER = [1,18,21,19,20,5,6,14,15,4,8,17,3,7,0,16,2,12,13,10,9,11];
const NAMES = "rEche$BzuGksiofgOaltLpWybvMTKPjSdZVxN_qmnHIRJFCAUYXQwD";

const shared = { bundle: true, minify: true, target: "es2018", logLevel: "warning" };

mkdirSync(dist, { recursive: true });

const { outputFiles, mangleCache } = await build({
  ...shared,
  entryPoints: { tracker: here + "tracker/main.js" },
  outdir: dist,
  format: "esm",
  // The bundle runs as a classic script: in a function of its own, and whatever happens in it, the page hears nothing.
  banner: { js: "(()=>{try{" },
  footer: { js: "}catch(e){}})()" },
  mangleProps: /^(answered|done|failed|held|number|shown|timer|untold|why)$/, // of a Line; none of them is sent
  mangleCache: {},
  write: false,
});
// esbuild never gives two scopes the same names, terser does: that is 3 % after gzip.
const { code } = await minify(outputFiles[0].text, { ecma: 2018, compress: { passes: 3 } });
const functions = functionsOf(code);
const searching = process.argv.includes("--order");
const { order, letters } = searching ? bestOrder(functions) : { order: ORDER, letters: NAMES };
if (searching) console.log(`const ORDER = ${JSON.stringify(order)};\nconst NAMES = ${JSON.stringify(letters)};`);
if (order.length != functions.count) throw Error("the number of functions changed: see ORDER");
writeFileSync(dist + "tracker.js", functions.arranged(order, letters) + "\n");
await build({
  ...shared,
  entryPoints: { debug: here + "tracker/debug.js" },
  outdir: dist,
  format: "esm",
  mangleProps: /^(number|shown|why)$/, // as in tracker.js
  mangleCache,
});
await build({ ...shared, entryPoints: { callback: here + "tracker/callback.js" }, outdir: dist, format: "esm" });
if (existsSync(here + "dashboard"))
  await build({
    ...shared,
    entryPoints: readdirSync(here + "dashboard")
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => here + "dashboard/" + name),
    outdir: dist,
    format: "iife",
    target: "es2020",
  });

const sri = (text) => "sha384-" + createHash("sha384").update(text).digest("base64");
const read = (name) => readFileSync(dist + name);

if (!FROZEN[NEWEST]) writeFileSync(dist + NEWEST, read("tracker.js"));
for (const [name, hash] of Object.entries(FROZEN))
  if (sri(read(name)) != hash) throw Error(`${name} is released and must not change; its hash was ${hash}`);

const scripts = ["tracker.js", "debug.js", "callback.js", ...new Set([NEWEST, ...Object.keys(FROZEN)])];
const hashes = Object.fromEntries(scripts.map((name) => [name, sri(read(name))]));
writeFileSync(dist + "sri.json", JSON.stringify(hashes, null, 2) + "\n");

for (const name of readdirSync(dist).sort()) {
  const bytes = read(name);
  console.log(`${name}: ${bytes.length} bytes, ${weigh(bytes)} after gzip`);
}
const weight = weigh(read("tracker.js"));
if (weight > BUDGET) throw Error(`tracker.js weighs ${weight} bytes after gzip, ${weight - BUDGET} too many`);
