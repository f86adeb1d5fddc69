/** @file `events.jsonl`, the learning curve of a run: loss and learning rate per step, scores per epoch, and why the run failed. */
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import type { Signal } from "../../core/signal.ts";
import { type EventLog, eventLines, eventLog, type LogLine, truncateEventLog } from "../files/eventLog.ts";
import { runNames } from "../files/runNames.ts";
import type { EpochEvent } from "./events.ts";
import type { RunState } from "./runState.ts";

/** Path of the log of a run. */
export const learningLogIn = (dir: string): string => join(dir, runNames.learningLog);

/** One training step: its number, from 0 as in the recording, the loss of its batch before the update, and its learning rate. */
export interface LoggedStep {
  readonly event: "step";
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

/** Signal-to-quantization-noise ratio of a site in dB, if the run measures it. */
export interface LoggedSqnr {
  readonly event: "sqnr";
  readonly step: number;
  readonly site: string;
  readonly sqnr: number;
}

/** An epoch, and the number of training steps up to its end. */
export type LoggedEpoch = EpochEvent & { readonly steps: number };

/** Why a run has failed, and the steps done by then. Always the last line; removed when the run is resumed. */
export interface LoggedFailure {
  readonly event: "failed";
  readonly step: number;
  readonly why: string;
}

export type LearningLine = LoggedStep | LoggedSqnr | LoggedEpoch | LoggedFailure;

const CountCodec = t.refinement(t.number, (count) => Number.isSafeInteger(count) && count >= 0);

const StepCodec = t.type({
  event: t.literal("step"),
  step: CountCodec,
  loss: t.number,
  learningRate: t.number,
});
const SqnrCodec = t.type({ event: t.literal("sqnr"), step: CountCodec, site: t.string, sqnr: t.number });
const MetricCodec = t.intersection([
  t.type({ name: t.string }),
  t.partial({ train: t.number, test: t.number }),
]);
const EpochCodec = t.intersection([
  t.type({
    event: t.literal("epoch"),
    epoch: CountCodec,
    steps: CountCodec,
    loss: t.number,
    metric: t.string,
    learningRate: t.number,
    imagesPerSecond: t.number,
  }),
  t.partial({
    trainScore: t.number,
    testLoss: t.number,
    testScore: t.number,
    metrics: t.readonlyArray(MetricCodec),
    overflowShare: t.number,
    barrier: t.number,
    constraints: t.readonlyArray(t.type({ site: t.string, slack: t.number, multiplier: t.number })),
  }),
]);
const FailureCodec = t.type({ event: t.literal("failed"), step: CountCodec, why: t.string });
const LineCodec = t.union([StepCodec, SqnrCodec, EpochCodec, FailureCodec]);

/** Lines of known kinds. Others, written by a later version or changed by hand, are skipped. */
export const learningLines = (lines: readonly LogLine[]): readonly LearningLine[] =>
  lines.flatMap((line) => {
    const decoded = LineCodec.decode(line);
    return E.isRight(decoded) ? [decoded.right as LearningLine] : [];
  });

/**
 * Lines of the log of a run, one by one.
 *
 * @throws `RangeflowFailure` if the log is damaged, after all lines before the damage
 */
export function* learningLog(dir: string): Generator<LearningLine> {
  for (const line of eventLines(learningLogIn(dir))) yield* learningLines([line]);
}

/**
 * All lines of the log of a run.
 *
 * @throws `RangeflowFailure` if the log is damaged
 */
export const readLearningLog = (dir: string): readonly LearningLine[] => [...learningLog(dir)];

export interface LearningLog extends Pick<EventLog, "flush" | "close"> {
  readonly see: (signal: Signal) => void;
  /** Logs the end of an epoch. */
  readonly epochDone: (state: RunState, event: EpochEvent) => void;
  readonly failed: (step: number, why: string) => void;
}

/**
 * Opens the log of a run at `step`. Later lines, left by a killed process, are dropped.
 *
 * @param epochs number of finished epochs
 * @param rate learning rate of a step
 */
export const openLearningLog = (
  dir: string,
  { step, epochs }: { readonly step: number; readonly epochs: number },
  rate: (step: number) => number,
  check: () => void,
): LearningLog => {
  const path = learningLogIn(dir);
  truncateEventLog(path, (line) =>
    line.event === "epoch"
      ? Number(line.epoch) <= epochs
      : line.event !== "failed" && Number(line.step) < step,
  );
  const log = eventLog(path, () => performance.now(), check);
  return {
    see: (signal) => {
      if (signal._tag !== "Metric" || !signal.training) return;
      const { name, site, step, value } = signal;
      if (name === "loss" && site === undefined)
        log.append({ event: "step", step, loss: value, learningRate: rate(step) } satisfies LoggedStep);
      else if (name === "sqnr" && site !== undefined)
        log.append({ event: "sqnr", step, site, sqnr: value } satisfies LoggedSqnr);
    },
    epochDone: ({ step }, event) => log.append({ ...event, steps: step } satisfies LoggedEpoch),
    failed: (step, why) => log.append({ event: "failed", step, why } satisfies LoggedFailure),
    flush: log.flush,
    close: log.close,
  };
};
