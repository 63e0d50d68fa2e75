// Builds static/dist, which is committed so that installing Leadtracker needs no Node.
//   npm ci --prefix static && node static/build.mjs
//
// tracker.js moves with every release. tracker.v1.js never changes once version 1.0 is out: until
// then it is a copy of tracker.js. At the release, put its name and the hash that dist/sri.json
// then holds into FROZEN. From then on the build leaves the file alone and fails when its content
// is another, and the next break of the script's promises begins a tracker.v2.js.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = here + "dist/";
const NEWEST = "tracker.v1.js";
/** @type {Record<string, string>} file name -> sha384-… */
const FROZEN = {};
/** Of a line, read by tracker.js alone. */
const OWN_FIELDS = /^(answered|failures|settled|settle|timer)$/;
/** Bytes of tracker.js after gzip -9. The tests read the same figure. */
const BUDGET = JSON.parse(readFileSync(here + "package.json", "utf8")).config.trackerBudget;

/** @type {import("esbuild").BuildOptions} */
const SHARED = {
  bundle: true,
  minify: true,
  tsconfigRaw: "{}", // tsconfig.json is for the checks alone
  logLevel: "warning",
};
/** @type {import("esbuild").BuildOptions} */
const FOR_VISITORS = { ...SHARED, target: "es2018", format: "esm" };

/** @param {string} name */
const read = (name) => readFileSync(dist + name);

/** @param {Buffer} content */
const weigh = (content) => gzipSync(content, { level: 9 }).length;

/** @param {Buffer} content */
const integrity = (content) => "sha384-" + createHash("sha384").update(content).digest("base64");

/** The script that every visitor loads: terser makes it 5 % smaller than esbuild does. */
const buildTracker = async () => {
  const { outputFiles } = await build({
    ...FOR_VISITORS,
    entryPoints: [here + "tracker/main.js"],
    // It runs as a classic script: a function keeps its names from the page, `try` its faults.
    banner: { js: "(()=>{try{" },
    footer: { js: "}catch(e){}})()" },
    write: false,
  });
  const { code } = await minify(outputFiles[0].text, {
    ecma: 2018,
    compress: { passes: 3 },
    mangle: { properties: { regex: OWN_FIELDS } },
  });
  writeFileSync(dist + "tracker.js", code + "\n");
};

/** What the tracker loads when a page uses it. */
const buildModules = () =>
  build({
    ...FOR_VISITORS,
    entryPoints: [here + "tracker/debug.js", here + "tracker/callback.js"],
    outdir: dist,
  });

const buildDashboard = () =>
  build({
    ...SHARED,
    target: "es2020",
    format: "iife",
    entryPoints: readdirSync(here + "dashboard")
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => here + "dashboard/" + name),
    outdir: dist,
  });

const keepFrozen = () => {
  if (!FROZEN[NEWEST]) copyFileSync(dist + "tracker.js", dist + NEWEST);
  for (const [name, hash] of Object.entries(FROZEN))
    if (integrity(read(name)) != hash)
      throw Error(`${name} is released and must not change; its hash was ${hash}`);
};

const writeHashes = () => {
  const versions = new Set([NEWEST, ...Object.keys(FROZEN)]);
  const scripts = ["tracker.js", "debug.js", "callback.js", ...versions];
  const hashes = Object.fromEntries(scripts.map((name) => [name, integrity(read(name))]));
  writeFileSync(dist + "sri.json", JSON.stringify(hashes, null, 2) + "\n");
};

/** Beside each file that browsers load, the same compressed: the server sends what they take. */
const pack = () => {
  for (const name of readdirSync(dist).filter((each) => /\.(js|css)$/.test(each))) {
    writeFileSync(dist + name + ".gz", gzipSync(read(name), { level: 9 }));
    writeFileSync(dist + name + ".br", brotliCompressSync(read(name)));
  }
};

mkdirSync(dist, { recursive: true });
await buildTracker();
await buildModules();
await buildDashboard();
// The server says them too, to visitors without JavaScript.
copyFileSync(here + "tracker/callback_words.json", dist + "callback_words.json");
keepFrozen();
writeHashes();
pack();

for (const name of readdirSync(dist).sort()) console.log(`${name}: ${read(name).length} bytes`);
const weight = weigh(read("tracker.js"));
if (weight > BUDGET)
  throw Error(`tracker.js weighs ${weight} bytes after gzip, ${weight - BUDGET} too many`);
