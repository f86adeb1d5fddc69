/** @file The published declarations, as a TypeScript sees them that knows neither a DOM nor Node. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./pipelines/files/scratch.ts";

const test = suite("declarations");
const home = scratch();

/** What the compiler finds wrong with files for which there are no types but those that they bring along. */
const problemsOf = (files: readonly string[], options: object = {}): string => {
  const project = {
    extends: resolve("spec/consumer/tsconfig.json"),
    compilerOptions: { types: [], noEmit: true, rootDir: "/", ...options },
    files,
    include: [],
  };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(project));
  const compiler = resolve("node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", home], { encoding: "utf8" });
  return status === 0 ? stdout : stdout || `exit code ${status}`;
};

test("every entrance compiles without skipLibCheck, without a DOM and without the types of Node", () => {
  // RxJS itself asks what setTimeout gives.
  const ambient = join(home, "ambient.d.ts");
  writeFileSync(ambient, "declare function setTimeout(f: () => void): number;\n");
  assert.is(problemsOf([ambient, resolve("spec/consumer/everything.ts")]), "");
});

test("that of charts compiles with a DOM; declarations of Plot itself are left unchecked, since they do not pass", () =>
  assert.is(
    problemsOf([resolve("spec/consumer/charts.ts")], { lib: ["ES2022", "DOM"], skipLibCheck: true }),
    "",
  ));

test.run();
