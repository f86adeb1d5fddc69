/**
 * @file Writes gpu.js into `dist` as one ECMAScript module, with the licences of what is in it.
 *
 * The package gpu.js depends on two native packages, `webgpu` and `gl`, together over 80 MB; what it has bundled for browsers needs
 * neither, and is the same code: whoever has a GPU in Node gives it the `GPU` object of a `webgpu` of their own.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../../../dist/core/engines/gpujs");

const packages = ["gpu.js", "acorn", "gpu-mock.js"].map((name) => {
  const manifest = require.resolve(`${name}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const licence = readFileSync(join(dirname(manifest), "LICENSE"), "utf8").trim();
  return { name, version, folder: dirname(manifest), licence };
});

const bundle = readFileSync(join(packages[0].folder, "dist/gpu-browser.min.js"), "utf8");
const licences = packages
  .map(({ name, version, licence }) => `${name} ${version}\n\n${licence}`)
  .join("\n\n");

mkdirSync(target, { recursive: true });
copyFileSync(join(here, "gpujs.d.ts"), join(target, "gpujs.d.ts"));
writeFileSync(
  join(target, "gpujs.js"),
  `/*!\n${licences}\n*/\nconst module = { exports: {} };\nconst { exports } = module;\n${bundle}\nexport default module.exports;\n`,
);
