/** @file Functions of a user's file that do not come back: each is watched, so the run ends, and says where. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { depthWord } from "../../pipelines/foreign/watchdog.ts";
import { type endless, everyFunction } from "./experiments/everyFunction.ts";
import { scratch } from "./files/scratch.ts";
import { type Ended, rangeflow } from "./runs.ts";

const test = suite("endless loops in files");

const dir = scratch();

const trained = (name: string, text: string, patience: number): Promise<Ended> => {
  writeFileSync(join(dir, `${name}.mjs`), text);
  const how = ["--engine", "simd", "--threads", "1", "--patience", String(patience), "--out", name];
  return rangeflow(["train", `./${name}.mjs`, ...how], { cwd: dir });
};

/** Lets a file see how deep in watched calls it is: the memory of the watchdog has eight words. */
const seeing = `const Shared = globalThis.SharedArrayBuffer;
globalThis.SharedArrayBuffer = function (...given) {
  const memory = new Shared(...given);
  const words = new Int32Array(memory);
  if (words.length === 8) globalThis.watchdogDepth ??= () => words[${depthWord}];
  return memory;
};
`;

test("each function is watched whenever it is called", async () => {
  writeFileSync(join(dir, "seeing.mjs"), seeing);
  process.env.NODE_OPTIONS = `--import ${pathToFileURL(join(dir, "seeing.mjs"))}`;
  const { code, err } = await trained("whole", everyFunction(""), 60);
  delete process.env.NODE_OPTIONS;
  assert.is(code, 0, err);
  const { declared, called, unwatched } = JSON.parse(readFileSync(join(dir, "called.json"), "utf8"));
  // A blank batch is made only where a plan leaves open whether there is room.
  const expected = declared.filter((name: string) => name !== "data.blank");
  assert.equal(called.sort(), expected.sort());
  assert.ok(called.length >= 35, String(called.length));
  assert.equal(unwatched, []);
});

/** Most wait, since a loop takes a processor from all other specs for as long as the patience lasts. */
const cases: readonly (readonly [name: string, how: keyof typeof endless, sentence: RegExp])[] = [
  ["data", "wait", /^data: no return for 3 s/],
  ["train.make", "wait", /^data, a training batch, step 0: no return for 3 s/],
  ["schedule", "wait", /^schedule schedule, step 0: no return for 3 s/],
  ["layer.backward", "loop", /^layer passing, step 0: no return for 3 s/],
  ["loss.f", "wait", /^loss, loss mine, step \d: no return for 3 s/],
  ["rule.update", "wait", /^\S+, update rule, step 0: no return for 3 s/],
];

for (const [name, how, sentence] of cases)
  test(`an endless ${how} in ${name} ends in a sentence`, async () => {
    const { signal, err } = await trained(name, everyFunction(name, how), 3);
    assert.is(signal, "SIGKILL", err);
    const start = `./${name}.mjs, `;
    assert.is(err.slice(0, start.length), start);
    assert.match(err.slice(start.length), sentence);
    assert.is(err.trim().split("\n").length, 1);
  });

test.run();
