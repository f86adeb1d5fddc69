/** @file `rangeflow evaluate`: what it prints, and what it refuses. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, small, stoppedAfter } from "../runs.ts";

const test = suite("rangeflow evaluate");
const home = scratch();
const whole = join(home, "whole");
const done = await doneOf(small, { out: whole });

test("the score is that of the run's end, as a line and as JSON", async () => {
  const { code, out } = await answerTo(["evaluate", whole]);
  assert.is(code, 0);
  const [, score, loss] =
    /^step 20: test accuracy (\S+) % {2}loss (\d\.\d{4}) {2}40 test samples\n$/.exec(out) ?? [];
  assert.is(Number(score), 100 * done.score, out);
  const { inputMean, inputStd, ...printed } = JSON.parse((await answerTo(["evaluate", whole, "--json"])).out);
  assert.equal([inputMean.length, inputStd.length], [1, 1]);
  assert.equal(
    { ...printed, testLoss: printed.testLoss.toFixed(4) },
    { event: "evaluated", step: 20, images: 40, testLoss: loss, metric: "accuracy", testScore: done.score },
  );
});

test("metrics beside the score are told in the units of scores", async () => {
  const out = join(home, "detector");
  const settings =
    "--model centerDetector --data scenes --limit 16 --test-limit 8 --batch 16 --epochs 1 --width 0.25";
  assert.is((await answerTo(["train", ...settings.split(" "), "--out", out])).code, 0);
  const { out: printed } = await answerTo(["evaluate", out]);
  assert.match(
    printed,
    /^step 1: test mAP@0\.5 \d+\.\d\d % {2}loss \d+\.\d{4} {2}mAP \d+\.\d\d % {2}heatmap loss \d+\.\d+ {2}overlap loss \d\.\d+ {2}8 test samples\n$/,
  );
});

test("another engine gives the same score", async () => {
  const [simd, reference] = await Promise.all(
    ["simd", "reference"].map((engine) => answerTo(["evaluate", whole, "--engine", engine, "--json"])),
  );
  assert.is(reference?.out, simd?.out);
});

test("a run that was stopped is judged by its last checkpoint", async () => {
  const dir = join(home, "stopped");
  await stoppedAfter(14, dir);
  const { step } = JSON.parse((await answerTo(["evaluate", dir, "--json"])).out);
  assert.ok(step > 0 && step < 20, `${step}`);
});

const scoreIn = async (...args: readonly string[]) => {
  const { code, out, err } = await answerTo(["evaluate", whole, "--json", ...args]);
  assert.is(code, 0, err);
  return JSON.parse(out);
};

test("more or fewer test samples, or another batch, are no other run, and other data are told", async () => {
  const own = await scoreIn();
  const inOthers = await scoreIn("--batch", "7");
  assert.equal([inOthers.images, inOthers.otherData], [40, undefined]);
  assert.ok(Math.abs(inOthers.testLoss - own.testLoss) < 0.2, `${inOthers.testLoss}, ${own.testLoss}`);
  const more = await scoreIn("--test-limit", "90");
  assert.equal([more.images, more.otherData], [90, "glyphs"]);
  const { out } = await answerTo(["evaluate", whole, "--test-limit", "20", "--batch", "10"]);
  assert.match(out, / {2}20 test samples {2}evaluated on other data than the run's: glyphs\n$/);
});

test("other data come from a module, and those that the network does not take are refused", async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), `import { fromArrays, glyphs } from "rangeflow";\n${text}\n`);
    return join(home, name);
  };
  const same = file("same.ts", "export default () => glyphs({ train: 160, test: 40 });");
  assert.equal(await scoreIn("--test-data", same), await scoreIn());
  const others = file(
    "others.ts",
    "const x = new Float32Array(8 * 784).fill(0.5);\nexport default fromArrays(x, [0, 1, 2, 3, 4, 5, 6, 7], [28, 28, 1], { name: 'gray', classes: 10, test: 0.5 });",
  );
  // Four samples to train on beside them, which is less than a batch, are no hindrance.
  for (const batch of [[], ["--batch", "3"]]) {
    const score = await scoreIn("--test-data", others, ...batch);
    assert.equal(
      [score.images, score.otherData, score.batch],
      [4, "gray", batch.length === 0 ? 4 : undefined],
    );
  }
  const narrow = file(
    "narrow.ts",
    "export default fromArrays(new Float32Array(8 * 3), new Float32Array(8), [1, 1, 3], { test: 0.5 });",
  );
  const refusals = [
    [["--test-data", narrow], /1x1x3|\[1, 1, 3\]/],
    [
      ["--test-data", file("number.ts", "export default 3;")],
      /^--test-data: \S+ exports number as default, expected/,
    ],
    [["--test-data", join(home, "nothing.ts")], /^--test-data: no file /],
    [
      ["--test-data", same, "--test-limit", "3"],
      /^--test-limit: used with --test-data, expected only one of the two/,
    ],
    [["--test-limit", "none"], /^--test-limit: "none", expected an integer/],
  ] as const;
  for (const [args, sentence] of refusals) {
    const { code, err } = await answerTo(["evaluate", whole, ...args]);
    assert.is(code, 2, err);
    assert.match(err, sentence);
    assert.not.match(err, /\n\s+at /);
  }
});

test("what is missing, or differs from the run, is refused", async () => {
  const refusals = [
    [
      ["evaluate"],
      /^rangeflow evaluate: no directory, expected the directory of a run, or a file of weights: /,
    ],
    [["evaluate", join(home, "nowhere")], /nowhere: no such file or directory/],
    [
      ["evaluate", whole, "--seed", "7"],
      /^evaluate: --seed 7, expected 1 as in the saved run; leave it out\.$/m,
    ],
    [["evaluate", whole, "nonsense"], /argument "nonsense", expected a file that exports an experiment/],
  ] as const;
  for (const [line, sentence] of refusals) {
    const { code, err } = await answerTo(line);
    assert.is(code, 2, err);
    assert.match(err, sentence);
  }
});

test("a directory that holds no run, such as that of a study, and one that is not there are told as such", async () => {
  for (const [dir, found] of [
    [home, "no run"],
    [join(home, "gone"), "no such file or directory"],
  ] as const) {
    const { code, err } = await answerTo(["evaluate", dir]);
    assert.is(code, 2);
    assert.match(err, `: ${found}, expected the directory of a run; rangeflow list shows the runs below`);
  }
});

test.run();
