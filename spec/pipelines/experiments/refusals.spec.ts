/** @file Experiments that are refused before their first step: metrics, scores and unknown parts. */
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cosine } from "../../../operators/training/schedule.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { verifyRun } from "../../../pipelines/replay/verifyRun.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import { failureOf } from "../../support/failureOf.ts";
import { doneIn } from "../runs.ts";
import { eventsOf, parts, worst } from "./sums.ts";

const test = suite("experiments in code: refusals");

test("metrics that cannot be told apart, and a score that is none of them, are refused before the first step", async () => {
  assert.throws(
    () => experiment({ ...parts, metrics: [worst, worst] }),
    /^experiment, metrics: two metrics named worst, expected a unique name for each\.$/,
  );
  const wrong: readonly (readonly [Partial<ExperimentParts>, RegExp])[] = [
    [
      { metrics: [{ ...worst, name: "psnr" }] },
      /^experiment, metrics: psnr, which the loss already reports, expected another name; both would be averaged/,
    ],
    [{ metrics: [{ ...worst, name: "loss" }] }, /^experiment, metrics: loss, which the loss already reports/],
    [
      { score: { metric: "wrost", better: "lower" } },
      /^experiment, score: no metric wrost, expected worst\.$/,
    ],
    [
      { score: { metric: "accuracy", better: "higher" } },
      /^experiment, score: no metric accuracy, expected one of loss, psnr, worst\.$/,
    ],
    [
      { score: { metric: "worst", better: "higher" } },
      /^experiment, score: worst, of which higher is better, expected lower, as the metric declares; the best epoch would be the worst/,
    ],
    [
      { score: { metric: "psnr", better: "lower" } },
      /^experiment, score: psnr, of which lower is better, expected higher, as the metric declares/,
    ],
  ];
  for (const [other, sentence] of wrong)
    assert.match(await failureOf(eventsOf(experiment({ ...parts, ...other }))), sentence);
  const byWorst = experiment({ ...parts, epochs: 1, score: { metric: "worst", better: "lower" } });
  assert.is(doneIn(await eventsOf(byWorst)).metric, "worst");
});

test("parts that no experiment has are refused with the nearest name", () => {
  assert.throws(
    () => experiment({ ...parts, optimzer: 3, schedul: cosine(0.1) } as never),
    (error: Error) => {
      assert.match(
        error.message,
        /^experiment: an unknown part optimzer, expected optimizer; check its spelling\.$/m,
      );
      assert.match(error.message, /^experiment: an unknown part schedul, expected schedule/m);
      return true;
    },
  );
});

test("what is no experiment is refused by whoever is given it, with the words for one", async () => {
  const path = "./mine.ts" as never;
  const sentence = (where: string, found: string, file = "./mine.ts"): string =>
    `${where}: ${found} as experiment, expected experiment({ .. }), builtIn({ .. }) or experimentFile("${file}").`;
  assert.is(await failureOf(lastValueFrom(train(path))), sentence("train", '"./mine.ts"'));
  assert.is(await failureOf(lastValueFrom(train(undefined as never))), sentence("train", "undefined"));
  assert.is(await failureOf(lastValueFrom(evaluate(path, "none"))), sentence("evaluate", '"./mine.ts"'));
  assert.is(await failureOf(verifyRun(path, "none")), sentence("verify", '"./mine.ts"'));
  assert.is(
    await failureOf(lastValueFrom(compare({ a: path }, { seeds: [1], out: "none" }))),
    sentence("compare, a", '"./mine.ts"'),
  );
  for (const none of [undefined, "./mine.ts"])
    assert.throws(
      () => experiment(none as never),
      /^experiment: .*, expected an object \{ network, data, loss, \.\. \}/,
    );
});

test("a directory is a path: the empty text is not the working directory", async () => {
  const mine = experiment(parts);
  const expected = 'expected the path of a directory, such as "runs/mine"; "." is this one.';
  for (const [dir, found] of [
    ["", '""'],
    [3, "3"],
  ] as const) {
    const out = dir as string;
    assert.is(await failureOf(lastValueFrom(train(mine, { out }))), `train, out: ${found}, ${expected}`);
    assert.is(await failureOf(lastValueFrom(evaluate(mine, out))), `evaluate: ${found}, ${expected}`);
    assert.is(await failureOf(verifyRun(mine, out)), `verify: ${found}, ${expected}`);
    const study$ = compare({ mine }, { seeds: [1], out });
    assert.is(await failureOf(lastValueFrom(study$)), `compare, out: ${found}, ${expected}`);
  }
});

test("a study of what is no list of seeds or cells is refused, all at once", async () => {
  const wrong = { seeds: "3", cells: { bits: ["8/8/8"] }, out: "none" } as never;
  assert.match(
    await failureOf(lastValueFrom(compare(undefined as never, wrong))),
    /^compare: undefined, expected experiments by name.*\ncompare, seeds: "3", expected an array of integers from 0.*\ncompare, cells: \{"bits":\["8\/8\/8"\]\}, expected an array of changes/,
  );
  for (const seeds of [[-1], [1.5], [Number.NaN], undefined])
    assert.match(
      await failureOf(lastValueFrom(compare({ mine: experiment(parts) }, { seeds, out: "none" } as never))),
      /^compare, seeds: /,
    );
});

test("glyphs are counted by integers", () => {
  for (const count of [-1, 1.5, Number.NaN])
    assert.throws(
      () => glyphs({ train: count, test: 1 }),
      `glyphs, train: ${count}, expected an integer from 0.`,
    );
});

test.run();
