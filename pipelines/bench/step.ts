/** @file Whole training steps in images a second, against float32 and peers, and what a step is spent on. */
import { internal } from "../../core/errors.ts";
import { reference } from "../../core/kernels/reference/engine.ts";
import { simd } from "../../core/kernels/simd/engine.ts";
import type { Signal } from "../../core/signal.ts";
import { compared, type Named } from "./comparison.ts";
import type { Contestant } from "./contest.ts";
import type { Group, Surroundings } from "./group.ts";
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

/** All that a step says of its tensors: statistics, ranges, loss. */
const told = (signals: readonly Signal[]): string =>
  JSON.stringify(signals.filter(({ _tag }) => _tag === "RangeSeen" || _tag === "Metric"));

/** @throws an internal error if the first step of one image is another one than that of the reference */
const checkStep = (model: ModelName): void => {
  const [ours, oracle] = [simd({ bytes: 2 ** 28 }), reference()].map((engine) =>
    told(signalsOfFirstStep({ model, batch: 1, engine })),
  );
  if (ours !== oracle) throw internal(`bench: a step of ${model} differs from the reference`);
};

const named = ({ name }: Contestant): Named => ({ name, shown: name });

const speeds = async ({ model, batch }: StepCase, surroundings: Surroundings): Promise<readonly Row[]> => {
  const quantized = openTrainer({ model, batch });
  const float = openTrainer({ model, batch, ranges: "float" });
  const own: Contestant = { name: "rangeflow simd W8A8G8", run: quantized.step };
  const ownFloat: Contestant = { name: "rangeflow simd float32", run: float.step };
  const rivals: Contestant[] = [];
  for (const { name, steps } of surroundings.peers)
    try {
      rivals.push(...((await steps?.({ model, batch })) ?? []));
    } catch (error) {
      surroundings.note(`${name} is left out of ${model}: ${String(error).split("\n")[0]}`);
    }
  const times = await surroundings.contest([own, ownFloat, ...rivals], { mostTurn: 20_000 });
  quantized.close();
  float.close();
  const amount = { group, case: `${model} b${batch}`, amount: batch, unit: "images/s" };
  return [
    ...compared(amount, times, named(own), [ownFloat, ...rivals].map(named)),
    ...compared(amount, times, named(ownFloat), rivals.map(named)),
  ];
};

const warmUps = 10;

/** What the steps of a network are spent on: each kind of pass, the optimizer, and all that is no engine's work. */
const divided = ({ model, batch }: StepCase, { now }: Surroundings, rounds: number): readonly Row[] => {
  const { engine, taken } = stopwatch(simd(), now);
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
