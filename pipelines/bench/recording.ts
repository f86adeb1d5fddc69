/** @file Cost of recording: the same training with every range written to disk, and without. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { record } from "../../operators/taps/record.ts";
import { type Recorder, recorder } from "../files/recorder.ts";
import { compared } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import type { Row } from "./row.ts";
import { shares } from "./shares.ts";
import { type ModelName, openTrainer } from "./trainer.ts";

const group = "recording";

/** The recorder writes once a second, as in a run, so every round includes some writing. */
const leastMilliseconds = 1500;

const rounds = 7;

/** A trainer that records into a folder, and the milliseconds that its recorder has taken since the last call. */
const openRecorded = (model: ModelName, batch: number, dir: string, now: () => number) => {
  const sink: Recorder = recorder({ dir, runId: "bench", firstStep: 0, now });
  let taken = 0;
  const append: Recorder["append"] = (row) => {
    const began = now();
    sink.append(row);
    taken += now() - began;
  };
  const { step, close } = openTrainer({ model, batch, through: record({ append, close: sink.close }) });
  const recorderTime = (): number => {
    const since = taken;
    taken = 0;
    return since;
  };
  return { step, close, recorderTime };
};

const rowsOf = async (
  model: ModelName,
  batch: number,
  dir: string,
  { contest, now }: Surroundings,
): Promise<readonly Row[]> => {
  const plain = openTrainer({ model, batch });
  const recorded = openRecorded(model, batch, dir, now);
  const times = await contest([
    { name: "recorded", run: recorded.step },
    { name: "not recorded", run: plain.step },
  ]);
  plain.close();
  const parts = Array.from({ length: rounds }, () => {
    recorded.recorderTime();
    const began = now();
    while (now() - began < leastMilliseconds) recorded.step();
    const whole = now() - began;
    const ofRecorder = recorded.recorderTime();
    return new Map([
      ["recorder", ofRecorder],
      ["training", whole - ofRecorder],
    ]);
  });
  recorded.close();
  const what = { group, case: `${model} b${batch}` };
  return [
    ...compared(
      { ...what, amount: batch, unit: "images/s" },
      times,
      { name: "recorded", shown: "recorded" },
      [{ name: "not recorded", shown: "not recorded" }],
    ),
    ...shares(what, "whole, writing included", parts).filter(({ subject }) => subject === "recorder"),
  ];
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const models: readonly ModelName[] = surroundings.quick ? ["resnet20"] : ["lenet5", "resnet20"];
  for (const model of models) {
    const dir = mkdtempSync(join(tmpdir(), "rangeflow-bench-"));
    try {
      yield* await rowsOf(model, 16, dir, surroundings);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
}

export const recording: Group = {
  name: group,
  about: "training with recording on and off",
  run,
};
