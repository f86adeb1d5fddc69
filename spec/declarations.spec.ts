/** @file The published declarations, as a TypeScript sees them that knows neither a DOM nor Node. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./pipelines/files/scratch.ts";

const test = suite("declarations");
const home = scratch();

test("every entrance compiles without skipLibCheck, without a DOM and without the types of Node", () => {
  // RxJS itself asks what setTimeout gives.
  writeFileSync(join(home, "ambient.d.ts"), "declare function setTimeout(f: () => void): number;\n");
  const project = {
    extends: resolve("spec/consumer/tsconfig.json"),
    compilerOptions: { types: [], noEmit: true, rootDir: "/" },
    files: [join(home, "ambient.d.ts"), resolve("spec/consumer/everything.ts")],
    include: [],
  };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(project));
  const compiler = resolve("node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", home], { encoding: "utf8" });
  assert.is(stdout, "");
  assert.is(status, 0);
});

test.run();
