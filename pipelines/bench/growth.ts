/** @file Growth of time and memory of a step with the batch. */
import { simd } from "../../core/engines/simd/engine.ts";
import { compared, type Named } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import { listeningTo } from "./liveTensors.ts";
import type { Row } from "./row.ts";
import { type ModelName, openTrainer } from "./trainer.ts";

const group = "growth";
const model: ModelName = "resnet20";

/** Small batches show what does not grow with the batch: scratch memory of up to a megabyte. */
const memoryCases: readonly (readonly [ModelName, number])[] = [
  ["lenet5", 32],
  ["lenet5", 128],
  ["resnet20", 32],
  ["mobileNetV2", 32],
];

const quickBatches = [8, 32];
const fullBatches = [16, 32, 64, 128, 256, 512];

const megabytes = 2 ** 20;

const named = (batch: number): Named => ({ name: `b${batch}`, shown: `rangeflow simd W8A8G8 b${batch}` });

/** Memory of a step, compared with the tensors that it needs at a time. */
const memoryAgainstTensors = (name: ModelName, batch: number): Row => {
  const { engine, mostAlive } = listeningTo(simd());
  const { step, close } = openTrainer({ model: name, batch, engine });
  for (let i = 0; i < 3; i++) step();
  const bytes = engine.memory().step;
  const row: Row = {
    group,
    case: `${name} b${batch} memory of a step`,
    subject: "rangeflow simd W8A8G8",
    value: bytes / megabytes,
    unit: "MiB",
    versus: "its tensors alive at a time",
    ratio: bytes / mostAlive(),
    spread: null,
    rounds: null,
  };
  close();
  return row;
};

async function* run({ quick, contest }: Surroundings): AsyncGenerator<Row> {
  const trainers = (quick ? quickBatches : fullBatches).map((batch) => ({
    batch,
    ...openTrainer({ model, batch }),
  }));
  const [least] = trainers as [(typeof trainers)[number]];
  // Each contestant processes as many images per turn as the largest batch, so that all are disturbed equally often.
  const most = Math.max(...trainers.map(({ batch }) => batch));
  const times = await contest(
    trainers.map(({ batch, step }) => ({
      name: named(batch).name,
      run: () => {
        for (let images = 0; images < most; images += batch) step();
      },
    })),
  );
  for (const { batch } of trainers)
    yield* compared(
      { group, case: `${model} time`, amount: most, unit: "images/s" },
      times,
      named(batch),
      batch === least.batch ? [] : [{ ...named(least.batch), shown: `b${least.batch}` }],
    );
  for (const { batch, engine } of trainers) {
    const bytes = engine.memory().step;
    yield {
      group,
      case: `${model} memory of a step`,
      subject: named(batch).shown,
      value: bytes / megabytes,
      unit: "MiB",
      versus: batch === least.batch ? null : `b${least.batch}, an image`,
      ratio: batch === least.batch ? null : bytes / batch / (least.engine.memory().step / least.batch),
      spread: null,
      rounds: null,
    };
  }
  for (const { close } of trainers) close();
  for (const [name, batch] of memoryCases)
    if (!quick || name === model) yield memoryAgainstTensors(name, batch);
}

export const growth: Group = {
  name: group,
  about: "time and memory of a step against the size of the batch",
  run,
};
