/** @file Cost of ranges: static, dynamic and no ranges, for the same network. */
import { tap } from "rxjs";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { globalAveragePool } from "../../operators/layers/pool.ts";
import type { Module } from "../../operators/module/module.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { type RoleSummary, type Summarizer, summarizer } from "../../operators/taps/summarizer.ts";
import { compared } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import type { Row } from "./row.ts";
import { type ModelName, openTrainer, type TrainerOptions } from "./trainer.ts";

const group = "ranges";

const kinds = ["static", "dynamic", "float"] as const;

const shown = (kind: (typeof kinds)[number]): { readonly name: string; readonly shown: string } => ({
  name: kind,
  shown: kind === "float" ? "float32" : `${kind} ranges`,
});

/** Convolutions whose sums are quantized where they are made: a static site is a part of the convolution's last pass. */
const accumulators: Module = sequential(
  quantize({ activation: "input" }),
  ...[1, 2, 3].flatMap((n) => [
    conv2d(`conv${n}`, { outChannels: 32, kernel: 3, padding: 1 }),
    quantize({ gradient: `conv${n}/gradient`, activation: `conv${n}/output` }),
  ]),
  globalAveragePool(),
  dense("dense", { units: 10 }),
);

/** Number of rounds. A static range saves a few hundredths of a step, less than a busy machine adds, so few rounds are not enough. */
const roundsOf = ({ quick }: Surroundings): number => (quick ? 9 : 31);

const times = async (
  name: string,
  options: Pick<TrainerOptions, "model" | "batch" | "network">,
  surroundings: Surroundings,
): Promise<readonly Row[]> => {
  const trainers = kinds.map((ranges) => ({ ranges, ...openTrainer({ ...options, ranges }) }));
  const taken = await surroundings.contest(
    trainers.map(({ ranges, step }) => ({ name: ranges, run: step })),
    { rounds: roundsOf(surroundings) },
  );
  for (const { close } of trainers) close();
  const { batch } = options;
  const amount = { group, case: `${name} b${batch}`, amount: batch, unit: "images/s" };
  return [
    ...compared(amount, taken, shown("static"), [shown("dynamic"), shown("float")]),
    ...compared(amount, taken, shown("dynamic"), [shown("float")]),
  ];
};

/** Steps until every static site has its first range. */
const settling = 2;

/** Summary of the sites of one step, after the first steps. */
const summaryOf = (options: TrainerOptions): Summarizer => {
  const summary = summarizer();
  const through = tap((signal: Parameters<Summarizer["add"]>[0]) => {
    if (signal._tag === "RangeSeen" && signal.step === settling) summary.add(signal);
  });
  const trainer = openTrainer({ ...options, through });
  for (let i = 0; i <= settling; i++) trainer.step();
  trainer.close();
  return summary;
};

const movedBy = ({ bytesMoved: moved }: RoleSummary): number => moved.statically + moved.dynamically;

/** Bytes that the sites of a step move. */
const bytes = (model: ModelName, batch: number): readonly Row[] => {
  const statically = summaryOf({ model, batch }).read().roles;
  const dynamically = summaryOf({ model, batch, ranges: "dynamic" }).read().roles;
  return [...statically].map(([role, summary]) => ({
    group,
    case: `${model} b${batch} bytes moved at ${role}s`,
    subject: shown("dynamic").shown,
    value: movedBy(dynamically.get(role) ?? summary) / 1e6,
    unit: "MB a step",
    versus: shown("static").shown,
    ratio: movedBy(dynamically.get(role) ?? summary) / movedBy(summary),
    spread: null,
    rounds: null,
  }));
};

const quickModels: readonly ModelName[] = ["lenet5", "resnet20"];
const fullModels: readonly ModelName[] = ["lenet5", "resnet20", "mobileNetV2"];

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const batch = surroundings.quick ? 16 : 64;
  for (const model of surroundings.quick ? quickModels : fullModels) {
    yield* await times(model, { model, batch }, surroundings);
    yield* bytes(model, batch);
  }
  yield* await times(
    "quantized accumulators",
    { model: "resnet20", batch, network: accumulators },
    surroundings,
  );
}

export const ranges: Group = {
  name: group,
  about: "static against dynamic ranges and float32: time, and bytes counted",
  run,
};
