/** @file Functions of experiments in code: their text is a part of what a run is. */
import { join } from "node:path";
import { firstValueFrom, map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { named } from "../../../core/named.ts";
import type { RangeStat } from "../../../core/range.ts";
import { activation } from "../../../operators/layers/activation.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { loss } from "../../../operators/losses/loss.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { layer } from "../../../operators/step/op.ts";
import { optimizerOf } from "../../../operators/training/optimizers.ts";
import { type HostRule, hostRule } from "../../../operators/training/updateRule.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { estimate, measures, type RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { frozenAfter } from "../../../quantizers/estimators/frozenAfter.ts";
import { heldFor } from "../../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../../quantizers/estimators/inPhases.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { stopsAfter } from "../runs.ts";
import { idOf, sumsWith } from "./networks.ts";
import { eventsOf, parts, worst } from "./sums.ts";

const test = suite("experiments in code: functions");
const home = scratch();

test("a function of the same name and another text makes another run, to resume and to evaluate", async () => {
  const own = (
    changed: Partial<Record<"loss" | "act" | "rule" | "metric" | "schedule" | "range" | "layer", boolean>>,
  ) => {
    const square = changed.act ? (v: number) => 0.5 * Math.max(0, v) : (v: number) => Math.max(0, v);
    const update: HostRule<never>["update"] = changed.rule
      ? (p, g, _state, { rate }) =>
          p.forEach((v, i) => {
            p[i] = v - 5 * rate * (g[i] as number);
          })
      : (p, g, _state, { rate }) =>
          p.forEach((v, i) => {
            p[i] = v - rate * (g[i] as number);
          });
    const same = changed.layer
      ? layer("same", () => ({
          options: {},
          forward: (x) => ({ y: x, save: 1 }),
          backward: (dx) => ({ dx }),
        }))
      : layer("same", () => ({
          options: {},
          forward: (x) => ({ y: x, save: 0 }),
          backward: (dx) => ({ dx }),
        }));
    return experiment({
      ...parts,
      network: sequential(
        quantized(dense)("hidden", { units: 4 }),
        activation("act", square, (v) => (v > 0 ? 1 : 0)),
        same,
        quantized(dense)("output", { units: 2 }),
      ),
      loss: changed.loss
        ? loss(
            "se",
            (y, t) => 3 * (y - t) ** 2,
            (y, t) => 6 * (y - t),
          )
        : loss(
            "se",
            (y, t) => (y - t) ** 2,
            (y, t) => 2 * (y - t),
          ),
      optimizer: optimizerOf("mine", hostRule({ state: {}, update })),
      schedule: named(
        "falls",
        changed.schedule ? (step: number) => 0.02 / (1 + step) : (step: number) => 0.01 / (1 + step),
      ),
      metrics: [{ ...worst, evaluate: changed.metric ? () => 2 : () => 1 }],
      quantization: [
        {
          gradient: {
            range: named(
              "wide",
              changed.range
                ? (observed$: Parameters<RangeEstimator>[0]) =>
                    observed$.pipe(map(({ min, max }) => ({ lo: 3 * min, hi: 3 * max })))
                : (observed$: Parameters<RangeEstimator>[0]) =>
                    observed$.pipe(map(({ min, max }) => ({ lo: 2 * min, hi: 2 * max }))),
            ),
          },
        },
      ],
    });
  };
  const out = join(home, "sources");
  await eventsOf(own({}), { out, ...stopsAfter(7) });
  const others: readonly (readonly [Parameters<typeof own>[0], RegExp])[] = [
    [{ loss: true }, /: source of loss se \w+, expected \w+ as in the saved run; give it as it was/],
    [{ act: true }, /: source of activation act \w+, expected/],
    [{ rule: true }, /: source of the update rule \w+, expected/],
    [{ metric: true }, /: source of metric worst \w+, expected \w+ as/],
    [{ schedule: true }, /: schedule falls of source \w+, expected falls of source/],
    [{ range: true }, /: quantization .*wide of source \w+.*, expected .*wide of source/],
    [{ layer: true }, /: layers 5: same layer of source \w+, expected same layer of source/],
  ];
  for (const [changed, sentence] of others) {
    assert.match(await failureOf(eventsOf(own(changed), { out, resume: true })), sentence);
    assert.match(await failureOf(firstValueFrom(evaluate(own(changed), out))), sentence);
  }
  assert.is((await eventsOf(own({}), { out, resume: true })).at(-1)?.event, "done");
});

test("folds of one name and another text are told apart within whatever is made of them", async () => {
  // They differ where no probe reaches.
  const foldBy = (step: (state: number, seen: RangeStat) => number): RangeEstimator =>
    named("own", estimate({ init: 0, step, read: (state) => ({ lo: -state, hi: state }) }));
  const early = () => foldBy((n, { max }) => (n < 100 ? n + max : 2 * n));
  const late = () => foldBy((n, { max }) => (n < 100 ? n + max : 3 * n));
  const around: Readonly<Record<string, (fold: RangeEstimator) => RangeEstimator>> = {
    itself: (fold) => fold,
    measures: (fold) => named("measuring", measures("all", fold)),
    inHindsight: (fold) => inHindsight(fold),
    frozenAfter: (fold) => frozenAfter(50, fold),
    heldFor: (fold) => heldFor(50, fold),
    inPhases: (fold) => inPhases(3, currentMinMax(), fold),
    within: (fold) => inPhases(3, currentMinMax(), inHindsight(frozenAfter(50, fold))),
  };
  for (const [name, make] of Object.entries(around)) {
    const [a, b, again] = [early, late, early].map((fold) =>
      idOf(sumsWith({ quantization: [{ gradient: { range: make(fold()) } }] })),
    );
    assert.is.not(await a, await b, name);
    assert.is(await a, await again, name);
  }
});

test.run();
