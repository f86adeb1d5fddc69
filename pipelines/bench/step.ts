/** @file Whole training steps in images per second, against float32 and peers, and the parts of a step. */

import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { internal } from "../../core/errors.ts";
import type { Signal } from "../../core/signal.ts";
import { compared, type Named } from "./comparison.ts";
import type { Contestant, Times } from "./contest.ts";
import type { Group, Surroundings } from "./group.ts";
import { type Rival, rivalsOf } from "./rivals.ts";
import type { Row } from "./row.ts";
import { shares } from "./shares.ts";
import { stopwatch } from "./stopwatch.ts";
import { type ModelName, openTrainer, signalsOfFirstStep } from "./trainer.ts";

const group = "step";

interface StepCase {
  readonly model: ModelName;
  readonly batch: number;
}

const quickCases: readonly StepCase[] = [
  { model: "lenet5", batch: 32 },
  { model: "resnet20", batch: 8 },
];

const fullCases: readonly StepCase[] = [
  { model: "lenet5", batch: 128 },
  { model: "resnet20", batch: 128 },
  { model: "mobileNetV2", batch: 32 },
];

/** Everything that a step reports about its tensors: statistics, ranges, loss. */
const told = (signals: readonly Signal[]): string =>
  JSON.stringify(signals.filter(({ _tag }) => _tag === "RangeSeen" || _tag === "Metric"));

/** @throws an internal error if the first step with one image differs from that of the reference */
const checkStep = (model: ModelName): void => {
  const [ours, oracle] = [simd({ bytes: 2 ** 28 }), reference()].map((engine) =>
    told(signalsOfFirstStep({ model, batch: 1, engine })),
  );
  if (ours !== oracle) throw internal(`bench: a step of ${model} differs from the reference`);
};

const named = ({ name }: Contestant): Named => ({ name, shown: name });

/** The same times per image, for contestants with different numbers of images. */
const perImage = (times: Times, images: (name: string) => number): Times =>
  new Map([...times].map(([name, seconds]) => [name, seconds.map((once) => once / images(name))]));

/** Milliseconds of a turn so long that three of them must suffice. Rows state their number. */
const longTurn = 5_000;

/** Largest duration of a peer's step. It gets fewer images if a batch would take longer. */
const mostTurnOf = ({ quick }: Surroundings): number => (quick ? 1_000 : 10_000);

const speeds = async ({ model, batch }: StepCase, surroundings: Surroundings): Promise<readonly Row[]> => {
  const { threads } = surroundings;
  const mostTurn = mostTurnOf(surroundings);
  const quantized = openTrainer({ model, batch, engine: simd({ threads }) });
  const float = openTrainer({ model, batch, ranges: "float", engine: simd({ threads }) });
  const single = threads && openTrainer({ model, batch });
  const own: Contestant = { name: "rangeflow simd W8A8G8", run: quantized.step };
  const ownFloat: Contestant = { name: "rangeflow simd float32", run: float.step };
  const alone = single ? [{ name: `${own.name} on one thread`, run: single.step }] : [];
  const entered: (readonly Rival[])[] = [];
  for (const { trainers } of surroundings.peers)
    for (const trainer of trainers?.(model) ?? [])
      entered.push(await rivalsOf(trainer, { model, batch, mostTurn }, surroundings));
  const all = entered.flat();
  const images = new Map(all.map((rival) => [rival.name, rival.images]));
  const times = perImage(
    await surroundings.contest([own, ownFloat, ...alone, ...all], { longTurn }),
    (name) => images.get(name) ?? batch,
  );
  quantized.close();
  float.close();
  single?.close();
  for (const { close } of all) await close();
  const amount = { group, case: `${model} b${batch}`, amount: 1, unit: "images/s" };
  const rivals = entered.flatMap((sizes) => sizes.slice(0, 1));
  return [
    ...compared(amount, times, named(own), [ownFloat, ...alone, ...rivals].map(named)),
    ...compared(amount, times, named(ownFloat), rivals.map(named)),
    // A contestant with fewer images is also timed with half of them: a ratio of 1 means that its time grows with them.
    ...entered.flatMap(([most, half]) =>
      most && half ? compared(amount, times, named(most), [named(half)]) : [],
    ),
  ];
};

const warmUps = 10;

/** Division of a network's steps: each kind of pass, the optimizer, and everything outside the engine. */
const divided = (
  { model, batch }: StepCase,
  { now, threads }: Surroundings,
  rounds: number,
): readonly Row[] => {
  const { engine, taken } = stopwatch(simd({ threads }), now);
  const trainer = openTrainer({ model, batch, engine });
  const steps = Array.from({ length: warmUps + rounds }, () => {
    taken();
    const began = now();
    trainer.step();
    const whole = now() - began;
    const parts = taken();
    const inEngine = [...parts.values()].reduce((sum, part) => sum + part, 0);
    return new Map([...parts, ["RxJS and JavaScript", whole - inEngine]]);
  });
  trainer.close();
  return shares({ group, case: `${model} b${batch} W8A8G8` }, "the whole step", steps.slice(warmUps));
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  for (const stepCase of surroundings.quick ? quickCases : fullCases) {
    checkStep(stepCase.model);
    yield* await speeds(stepCase, surroundings);
    yield* divided(stepCase, surroundings, 7);
  }
}

export const step: Group = {
  name: group,
  about: "full training steps, against float32 and peers, and what they are spent on",
  run,
};
