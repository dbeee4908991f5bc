// Bundles the client. Run by hatch_build.py; `node build.mjs --watch` while designing.
import { cpSync } from "node:fs";
import { context, build } from "esbuild";

const out = "../static/dist";
// What PDFs are set in (Latin, Cyrillic, Greek); with its licence.
for (const name of ["ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf", "LICENSE"]) {
  cpSync(`node_modules/dejavu-fonts-ttf/${name}`, `${out}/fonts/${name.replace("ttf/", "")}`);
}
const options = {
  entryPoints: { app: "src/main.ts", style: "css/main.css" },
  outdir: out,
  bundle: true,
  minify: true,
  sourcemap: false,
  target: ["chrome123", "firefox120", "safari17.5"],
  format: "iife",
  legalComments: "inline",
  logLevel: "warning",
};

// The chat for other sites: a bundle of its own, with its styles inside as text.
const widget = { ...options, entryPoints: { widget: "src/widget/main.ts" }, loader: { ".css": "text" } };

if (process.argv.includes("--watch")) {
  for (const each of [options, widget]) await (await context(each)).watch();
} else {
  for (const each of [options, widget]) await build(each);
}
