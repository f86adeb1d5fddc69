/** @file The root export: what a user names, each with a doc, and each function with an example that `docExamples.spec.ts` runs. */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Declaration, exportsOf, membersOf } from "./support/exportsOf.ts";

const test = suite("the root export");

const contents = "pipelines/rangeflow.ts";
const names = exportsOf(contents);

const share = (part: number, whole: number): string => `${part} of ${whole}`;

/** Names of those that lack something. */
const without = (
  declarations: ReadonlyMap<string, Declaration>,
  has: (declaration: Declaration) => boolean,
): readonly string[] => [...declarations].filter(([, one]) => !has(one)).map(([name]) => name);

const isDocumented = ({ doc }: Declaration): boolean => doc.length > "/** . */".length;
const hasExample = ({ isValue, doc }: Declaration): boolean => !isValue || doc.includes("@example");

test("it is about 130 names, every one told by name", () => {
  assert.not.match(readFileSync(contents, "utf8"), /export \*/);
  console.log(`root export: ${names.size} names`);
  assert.ok(names.size >= 100 && names.size <= 132, `${names.size}`);
});

test("every name has a doc", () => {
  const missing = without(names, isDocumented);
  console.log(`documented: ${share(names.size - missing.length, names.size)}`);
  assert.equal(missing, []);
});

test("every function and value has an example", () => {
  const values = [...names].filter(([, { isValue }]) => isValue);
  const missing = without(names, hasExample);
  const shown = values.filter(([, one]) => hasExample(one));
  const compiled = shown.filter(([, { doc }]) => doc.includes("@example not run"));
  console.log(
    `with an example: ${share(shown.length, values.length)}; ${compiled.length} read files and are compiled only`,
  );
  assert.equal(missing, []);
  assert.ok(compiled.length <= 16, `${compiled.length}`);
});

const subpaths = ["core", "core/engines", "operators", "quantizers", "models"].map(
  (room) => `${room}/index.ts`,
);

for (const subpath of subpaths)
  test(`every name behind ${subpath} has a doc`, () =>
    assert.equal(without(exportsOf(subpath), isDocumented), []));

test("every option behind them has a doc, with its default if it may be left out", () => {
  const options = subpaths
    .flatMap((subpath) => [...exportsOf(subpath)])
    .filter(([name, { text }]) => name.endsWith("Options") && text.startsWith("export interface"))
    .flatMap(([name, { file }]) => membersOf(file, name).map((member) => ({ of: name, ...member })));
  const named = (some: typeof options): readonly string[] => some.map(({ of, name }) => `${of}.${name}`);
  console.log(`options: ${options.length}`);
  assert.ok(options.length >= 50, `${options.length}`);
  assert.equal(named(options.filter(({ doc }) => doc === "")), []);
  assert.equal(named(options.filter(({ doc, isOptional }) => isOptional && !doc.includes("Default:"))), []);
});

test("every layer and every estimator has an example", () => {
  const layers = [...exportsOf("operators/layers/index.ts")].filter(
    ([, { text }]) => /^[^;]*?\): Module =>|: Module\b/.test(text) && text.startsWith("export const"),
  );
  assert.ok(layers.length >= 15, `${layers.length}`);
  assert.equal(without(new Map(layers), hasExample), []);
  const estimators = readdirSync("quantizers/estimators")
    .map((file) => `quantizers/estimators/${file}`)
    .filter((file) => /(estimator|combinator)Entry\(\{/.test(readFileSync(file, "utf8")));
  assert.ok(estimators.length >= 10, `${estimators.length}`);
  assert.equal(
    estimators.filter((file) => !readFileSync(file, "utf8").includes("@example")),
    [],
  );
});

test.run();
