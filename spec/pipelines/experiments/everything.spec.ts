/**
 * @file One file of at most 60 lines with a network, an activation, data, a loss and an optimizer of its own, and a recipe with one rule
 * over it: trained, killed, resumed, evaluated and verified by the command line, and the same in code.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstValueFrom, lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { experimentFile } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { loadRun } from "../../../pipelines/runs/runDirectory.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import { type Cell, combinations } from "../../../pipelines/studies/grid.ts";
import type { Experiments } from "../../../pipelines/studies/rivals.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneIn, rangeflow, sameRows } from "../runs.ts";
import everything from "./everything.ts";

const test = suite("a file with everything of its own");
const home = scratch();

const file = fileURLToPath(new URL("../../../../spec/pipelines/experiments/everything.ts", import.meta.url));
const asked = ["train", file, "--width", "12", "--epochs", "4", "--engine", "simd", "--threads", "1"];

const whole = join(home, "whole");
const answer = await answerTo([...asked, "--out", whole]);
const expected = doneRecordIn(whole)?.done;

test("it has at most 60 lines", () => {
  assert.ok(readFileSync(file, "utf8").trimEnd().split("\n").length <= 60);
});

test("it learns, with the recipe's bits but where its own rule says otherwise", () => {
  assert.is(answer.code, 0, answer.err);
  assert.match(answer.out, /^everything on products, W\/A\/G 4\/4\/8: /);
  const losses = [...answer.out.matchAll(/^epoch \d+ {2}train loss (\S+)/gm)].map(([, loss]) => Number(loss));
  assert.ok((losses[3] ?? 1) < 0.5 * (losses[0] ?? 0), `${losses}`);
  assert.is(expected?.metric, "loss");
});

test("killed, it is resumed to the same bits, and every range is recorded once", async () => {
  const killed = join(home, "killed");
  const line = [...asked, "--checkpoint-seconds", "0", "--out", killed];
  const { signal } = await rangeflow(line, { kill: { signal: "SIGKILL", dir: killed, chunks: 3 } });
  assert.is(signal, "SIGKILL");
  assert.ok(loadRun(killed).step < loadRun(whole).step);
  const resumed = await answerTo(["train", file, "--resume", "--out", killed]);
  assert.is(resumed.code, 0, resumed.err);
  assert.is(doneRecordIn(killed)?.done.weightsSha256, expected?.weightsSha256);
  sameRows(killed, whole);
});

test("it is verified and evaluated, and the same in code", async () => {
  const verified = await answerTo(["replay", whole, "--verify"]);
  assert.match(verified.out, /ranges at \d+ sites replay to the bit/, verified.err);
  const score = await firstValueFrom(evaluate(experimentFile(file), whole));
  assert.is(score.testScore, expected?.score);
  const evaluated = await answerTo(["evaluate", whole, file]);
  assert.is(
    evaluated.out,
    `step ${score.step}: test loss ${score.testScore.toPrecision(4)}  ${score.images} test samples\n`,
  );
  const done = await lastValueFrom(
    train(experimentFile(file, { width: 12 }, { epochs: 4 }), { engine: "reference" }),
  );
  assert.is(doneIn([done]).weightsSha256, expected?.weightsSha256);
});

test("it is compared over its own option, from the command line and in code, with the same bits", async () => {
  const out = join(home, "study");
  const said = ["--epochs", "4", "--seeds", "1", "--engine", "simd", "--threads", "1", "--out", out];
  const printed = await answerTo(["compare", file, "--grid", "width=8,12", ...said]);
  assert.is(printed.code, 0, printed.err);
  assert.match(printed.out, /^ +8 {2,}1 {2,}[\s\S]*^ +12 {2,}1 {2,}/m);
  const mine = (width: number) =>
    experiment({ ...(everything.make({ width }) as ExperimentParts), epochs: 4, seed: 1 });
  const inCode = join(home, "study-in-code");
  const hashes = async (experiments: Experiments, dir: string, cells?: readonly Cell[]) => {
    const study$ = compare(experiments, { seeds: [1], out: dir, ...(cells && { cells }), engine: "simd" });
    const events = await lastValueFrom(study$.pipe(toArray()));
    return events.flatMap((event) =>
      event.event === "run" && event.status === "done" ? [[event.before, event.done.weightsSha256]] : [],
    );
  };
  const again = await hashes(
    { mine: experimentFile(file, {}, { epochs: 4 }) },
    out,
    combinations({ width: [8, 12] }),
  );
  assert.equal(again[1], [true, expected?.weightsSha256]);
  assert.equal(
    await hashes({ narrow: mine(8), wide: mine(12) }, inCode),
    again.map(([, hash]) => [false, hash]),
  );
});

test.run();
