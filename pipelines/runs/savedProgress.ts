/** @file Progress of a run in its checkpoint: all counts that are in no parameter and no recording. */
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Losses } from "../../core/signal.ts";
import { noSums, type SavedSums } from "../../operators/taps/summarizer.ts";
import { batchesIn, batchPlaceOf, type Timetable } from "./timetable.ts";

/** Sums up to a checkpoint. */
export interface Progress {
  /** Number of the next batch in the timetable. */
  readonly index: number;
  /** Sums over the whole run. Observations of sites are in the recording. */
  readonly run: SavedSums;
  /** Sums over the current epoch. */
  readonly epoch: SavedSums;
  /** Score of each finished epoch. */
  readonly testScores: readonly number[];
  /** Training losses; undefined before the first step. */
  readonly losses: Losses | undefined;
  /** Seconds taken so far, over all processes that worked on the run. */
  readonly seconds: number;
  /** Number of trained images, and the milliseconds that training them took. */
  readonly trained: { readonly images: number; readonly milliseconds: number };
}

/** Progress of a run that has not begun. */
export const noProgress: Progress = {
  index: 0,
  run: noSums,
  epoch: noSums,
  testScores: [],
  losses: undefined,
  seconds: 0,
  trained: { images: 0, milliseconds: 0 },
};

const MetricCodec = t.intersection([
  t.type({ name: t.string, training: t.boolean, sum: t.number, samples: t.number }),
  t.partial({ site: t.string }),
]);

const SumsCodec = t.type({
  metrics: t.array(MetricCodec),
  overflows: t.array(t.tuple([t.string, t.type({ overflows: t.number, sums: t.number })])),
  faults: t.number,
});

export const ProgressCodec = t.type({
  index: t.number,
  run: SumsCodec,
  epoch: SumsCodec,
  testScores: t.array(t.number),
  losses: t.union([t.undefined, t.type({ first: t.number, recent: t.number })]),
  seconds: t.number,
  trained: t.type({ images: t.number, milliseconds: t.number }),
});

/**
 * Refuses a timetable position that the run cannot be at.
 *
 * @param where the checkpoint, for the message
 * @throws `RangeflowFailure`
 */
export const checkPlace = (
  where: string,
  { step, progress: { index, testScores } }: { readonly step: number; readonly progress: Progress },
  timetable: Timetable,
): void => {
  const isThere = Number.isInteger(index) && index >= 0 && index <= batchesIn(timetable);
  const place = batchPlaceOf(timetable, isThere ? index : 0);
  if (isThere && place.step === step && place.epoch === testScores.length) return;
  throw new RangeflowFailure(
    problem(
      where,
      `batch ${index} after step ${step} and ${testScores.length} evaluations`,
      `a place in a run of ${timetable.epochs} epochs of ${timetable.trainBatches} steps`,
      "the checkpoint is not what was saved, restore it from a backup or start a new run",
    ),
  );
};
