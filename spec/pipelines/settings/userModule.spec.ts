/** @file Modules of a user's own in every form that JavaScript has for them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { userModule } from "../../../pipelines/settings/userModule.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("modules of a user's own");
const home = scratch();

const file = (name: string, text: string): string => {
  const path = join(home, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
file("esm/package.json", '{ "type": "module" }');
file("cjs/package.json", '{ "type": "commonjs" }');

const exported = async (path: string): Promise<unknown> => {
  const found = await userModule("--gradient-range", "an estimator", path);
  if (E.isLeft(found)) throw new RangeflowFailure(...found.left);
  return found.right;
};

const compiledBy = (declarations: string, value: string): string =>
  `"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\n${declarations}exports.default = ${value};\n`;

const rxjs = `const rxjs_1 = require("rxjs");\n`;
const forms: readonly (readonly [form: string, text: string, endings: readonly string[]])[] = [
  ["an ECMAScript module", "export default (x) => x + 1;", [".mjs", ".js", ".ts", ".mts"]],
  ["CommonJS as tsc emits it", compiledBy("", "(x) => x + 1"), [".cjs", ".js", ".cts"]],
  [
    "compiled CommonJS with a package of ours and exports beside the default",
    compiledBy(`exports.two = 2;\n${rxjs}`, "(x) => (0, rxjs_1.identity)(x) + 1"),
    [".cjs", ".js"],
  ],
  ["CommonJS that is a function", "module.exports = (x) => x + 1;", [".cjs", ".js", ".cts"]],
  [
    "CommonJS that is a function and its own default",
    "module.exports = (x) => x + 1;\nmodule.exports.default = module.exports;",
    [".cjs", ".js"],
  ],
  ["TypeScript with export =", "const f = (x: number) => x + 1;\nexport = f;", [".ts", ".cts"]],
];

for (const [form, text, endings] of forms)
  test(`${form} is taken, in whatever package it lies`, async () => {
    const name = form.replace(/\W+/g, "-");
    for (const folder of ["plain", "esm", "cjs"])
      for (const ending of endings) {
        const path = file(`${folder}/${name}${ending}`, text);
        const f = (await exported(path)) as (x: number) => number;
        assert.type(f, "function", `${folder}, ${ending}`);
        assert.is(f(1), 2);
      }
  });

test("an object is taken as it is, as a recipe is, from both kinds of modules", async () => {
  const settings = "{ settings: { bits: '6/8/8' } }";
  const texts = [
    [".mjs", `export default ${settings};`],
    [".cjs", `module.exports = ${settings};`],
    [".cjs", compiledBy("", settings)],
  ] as const;
  for (const [i, [ending, text]] of texts.entries())
    assert.equal(await exported(file(`recipe${i}${ending}`, text)), { settings: { bits: "6/8/8" } });
});

test("a module without a default export has none", async () => {
  assert.is(await exported(file("named.mjs", "export const f = (x) => x;")), undefined);
  assert.is(await exported(file("compiled.cjs", compiledBy("", "undefined"))), undefined);
  assert.is(await exported(file("empty.ts", "export {};")), undefined);
});

test.run();
