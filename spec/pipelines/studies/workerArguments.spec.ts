/** @file Options of Node for the processes of a study. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { workerArguments } from "../../../pipelines/studies/workerArguments.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("options of processes");

test("what is about the program of the process itself is left out, the rest stays", () => {
  for (const [given, kept] of [
    [["--input-type=module", "-e", "text"], []],
    [["--input-type", "module", "--eval=text", "--enable-source-maps"], ["--enable-source-maps"]],
    [
      ["--import", "tsx", "-pe", "1", "--max-old-space-size=8000"],
      ["--import", "tsx", "--max-old-space-size=8000"],
    ],
    [["--inspect-brk=9229", "--watch-path=.", "--test", "-c"], []],
    [[], []],
  ] as const)
    assert.equal(workerArguments(given), kept);
});

test("a study of text on the command line trains", () => {
  const package_ = pathToFileURL(resolve("dist/pipelines/rangeflow.js"));
  const text = `import { builtIn, compare } from "${package_}";
    const mine = builtIn({ data: "glyphs", limit: 64, testLimit: 16, epochs: 1 });
    compare({ mine }, { seeds: [1], out: "study" }).subscribe(({ event, status, message }) => event === "run" && console.log(status, message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", text], {
    cwd: scratch(),
    encoding: "utf8",
  });
  assert.equal([stdout, stderr], ["done undefined\n", ""]);
});

test.run();
