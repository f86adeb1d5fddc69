/** @file Every `@example` in the sources compiles, all of them at once, and runs, and its values are what its comments say. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { docExamples, programs } from "./support/docExamples.ts";
import { isValue } from "./support/isValue.ts";

const test = suite("what the docs of the sources show");

const folder = resolve("dist/spec/docExamples");
const examples = docExamples();
const nameOf = (n: number): string => `example${n}`;

let problems: readonly string[] = [];

test.before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [n, text] of programs(examples, "../support/isValue.js").entries())
    writeFileSync(join(folder, `${nameOf(n)}.ts`), text);
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    lib: ["ES2023", "DOM"],
    types: ["node"],
    strict: true,
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.json"], {
    cwd: folder,
    encoding: "utf8",
  });
  problems = stdout.split("\n");
});

for (const [n, { where, notRun }] of examples.entries())
  test(`${where} compiles${notRun === undefined ? " and runs" : ""}`, async () => {
    const own = problems.filter((line) => line.startsWith(`${nameOf(n)}.ts(`));
    assert.equal(own, [], where);
    if (notRun === undefined) await import(pathToFileURL(join(folder, `${nameOf(n)}.js`)).href);
  });

test("nothing is wrong beside the examples themselves", () =>
  assert.equal(
    problems.filter((line) => line.includes("error TS") && !/^example\d+\.ts\(/.test(line)),
    [],
  ));

test("every method in the catalogues has an example", () => {
  const methods = ["estimators", "grids", "projections", "learned"]
    .flatMap((room) => readdirSync(`quantizers/${room}`).map((file) => `quantizers/${room}/${file}`))
    .filter((file) => /^export const \w+ = \w+Entry\(/m.test(readFileSync(file, "utf8")));
  assert.ok(methods.length >= 30, `${methods.length}`);
  const shown = new Set(examples.map(({ where }) => where.split(":")[0]));
  assert.equal(
    methods.filter((file) => !shown.has(file)),
    [],
  );
});

test("a comment that is not the value, or none at all, fails", async () => {
  const failure = (value: unknown, comment: string): Promise<string> =>
    isValue("here", value, comment).then(
      () => "passed",
      (error: Error) => error.message,
    );
  assert.is(await failure({ lo: 1 }, "{ lo: 1 }"), "passed");
  assert.is(await failure(0.1 + 0.2, "0.3"), "passed");
  assert.is(await failure(Float32Array.of(1, 2), "[1, 2]"), "passed");
  assert.is(await failure({ lo: 1 }, "{ lo: 2 }"), "here: { lo: 1 }, and not { lo: 2 }");
  assert.is(await failure([1], "[1, 2]"), "here: [ 1 ], and not [1, 2]");
  assert.match(await failure(1, "four cells"), /is no value; remarks stand on lines of their own/);
});

test.run();
