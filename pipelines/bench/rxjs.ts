/** @file Shares of a training step: RxJS, Rangeflow's JavaScript, and actual computation. */
import type { Group, Surroundings } from "./group.ts";
import { openProfiler, timeByOwner } from "./profile.ts";
import type { Row } from "./row.ts";
import { shares } from "./shares.ts";
import { type ModelName, openTrainer } from "./trainer.ts";

const group = "rxjs";

const rounds = 7;
const warmUps = 20;

/** Least duration of a profile, for some thousand samples. */
const leastMilliseconds = 300;

const rowsOf = async (model: ModelName, batch: number, { now }: Surroundings): Promise<readonly Row[]> => {
  const trainer = openTrainer({ model, batch });
  for (let i = 0; i < warmUps; i++) trainer.step();
  const profiler = await openProfiler();
  const parts: ReadonlyMap<string, number>[] = [];
  try {
    for (let i = 0; i < rounds; i++) {
      const profile = await profiler.profiled(() => {
        const began = now();
        while (now() - began < leastMilliseconds) trainer.step();
      });
      parts.push(timeByOwner(profile));
    }
  } finally {
    profiler.close();
    trainer.close();
  }
  return shares({ group, case: `${model} b${batch} W8A8G8` }, "the whole step", parts);
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const cases: readonly (readonly [ModelName, number])[] = surroundings.quick
    ? [["resnet20", 16]]
    : [
        ["lenet5", 32],
        ["resnet20", 32],
        ["resnet20", 128],
      ];
  for (const [model, batch] of cases) yield* await rowsOf(model, batch, surroundings);
}

export const rxjs: Group = {
  name: group,
  about: "the shares of RxJS, JavaScript and WebAssembly in a step, by sampling",
  run,
};
