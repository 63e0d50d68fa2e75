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
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = here + "dist/";
const NEWEST = "tracker.v1.js";
/** @type {Record<string, string>} file name -> sha384-… */
const FROZEN = {};
const BUDGET = 3072; // bytes of tracker.js after gzip -9

const shared = { bundle: true, minify: true, target: "es2018", logLevel: "warning" };

mkdirSync(dist, { recursive: true });

const { outputFiles } = await build({
  ...shared,
  entryPoints: { tracker: here + "tracker/main.js" },
  outdir: dist,
  format: "esm",
  // The bundle runs as a classic script. Whatever happens in it, the page hears nothing of it.
  banner: { js: "(()=>{try{" },
  footer: { js: "}catch(e){}})()" },
  mangleProps: /^(asked|done|failed|held|timer)$/, // of a Line; none of them is read by debug.js or sent
  write: false,
});
// esbuild never gives two scopes the same names, terser does: that is 3 % after gzip.
const { code } = await minify(outputFiles[0].text, { ecma: 2018, compress: { passes: 3 } });
writeFileSync(dist + "tracker.js", code + "\n");
await build({ ...shared, entryPoints: { debug: here + "tracker/debug.js" }, outdir: dist, format: "esm" });
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

const scripts = ["tracker.js", "debug.js", ...new Set([NEWEST, ...Object.keys(FROZEN)])];
const hashes = Object.fromEntries(scripts.map((name) => [name, sri(read(name))]));
writeFileSync(dist + "sri.json", JSON.stringify(hashes, null, 2) + "\n");

for (const name of readdirSync(dist).sort()) {
  const bytes = read(name);
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} after gzip`);
}
const weight = gzipSync(read("tracker.js"), { level: 9 }).length;
if (weight > BUDGET) throw Error(`tracker.js weighs ${weight} bytes after gzip, ${weight - BUDGET} too many`);
