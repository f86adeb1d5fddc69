/** @file What it costs to know a range in time: static, dynamic and no ranges at all, for the same network. */
import { tap } from "rxjs";
import { type RoleSummary, type Summarizer, summarizer } from "../../operators/metrics.ts";
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

const times = async (model: ModelName, batch: number, { contest }: Surroundings): Promise<readonly Row[]> => {
  const trainers = kinds.map((ranges) => ({ ranges, ...openTrainer({ model, batch, ranges }) }));
  const taken = await contest(trainers.map(({ ranges, step }) => ({ name: ranges, run: step })));
  for (const { close } of trainers) close();
  const amount = { group, case: `${model} b${batch}`, amount: batch, unit: "images/s" };
  return [
    ...compared(amount, taken, shown("static"), [shown("dynamic"), shown("float")]),
    ...compared(amount, taken, shown("dynamic"), [shown("float")]),
  ];
};

/** The steps until every static site has found its first range. */
const settling = 2;

/** What the sites of one step, past the first ones, have said. */
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

const movedBy = ({ moved }: RoleSummary): number => moved.statically + moved.dynamically;

/** Bytes that the sites of a step move, as the engine counts them. */
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
  }));
};

const quickModels: readonly ModelName[] = ["lenet5", "resnet20"];
const fullModels: readonly ModelName[] = ["lenet5", "resnet20", "mobileNetV2"];

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const batch = surroundings.quick ? 16 : 64;
  for (const model of surroundings.quick ? quickModels : fullModels) {
    yield* await times(model, batch, surroundings);
    yield* bytes(model, batch);
  }
}

export const ranges: Group = {
  name: group,
  about: "static against dynamic ranges and float32: time, and bytes counted",
  run,
};
