/** @file Rows for the specs of recordings: as many as wanted, each other than the rest. */
import type { Verdict } from "../../../core/range.ts";
import type { RangeSeen, Role } from "../../../core/signal.ts";
import type { SiteFacts } from "../../../core/siteFacts.ts";
import { type Recorder, type RecorderOptions, recorder } from "../../../pipelines/files/recorder.ts";

const roles: readonly Role[] = ["weight", "activation", "gradient"];
const verdicts: readonly Verdict[] = ["observed", "observed", "observed", "zero", "nonFinite", "empty"];
const odd = [
  0,
  -0,
  1e-320,
  Number.MAX_VALUE,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  0.1,
];

/** The first site says nothing of itself, the second has a uniform grid, the third a projection. */
const factsOf = (s: number): { readonly facts?: SiteFacts } => {
  if (s % 3 === 0) return {};
  const grid = { bits: 2 + s, scheme: s === 1 ? "symmetric" : "affine" } as const;
  const luq = { name: "luq", options: { draws: 1, levels: 3 }, follows: "range" } as const;
  return { facts: s === 1 ? grid : { ...grid, projection: luq } };
};

/** Three sites at every step, and a fourth from step 3 on; `flavour` makes the rows of one process differ from another's. */
export const rowsOfSteps = (from: number, to: number, flavour = 0): readonly RangeSeen[] => {
  const rows: RangeSeen[] = [];
  for (let step = from; step < to; step++)
    for (let s = 0; s < (step < 3 ? 3 : 4); s++)
      rows.push({
        _tag: "RangeSeen",
        site: `block${s}/größe`,
        role: roles[s % 3]!,
        step,
        estimator: s === 2 ? "inHindsight(0.9)" : "currentMinMax",
        stat: {
          min: odd[(step + s) % odd.length]!,
          max: Math.fround(step / 3) + flavour,
          count: 4294967295 - s,
          nonFinite: step % 2,
          ...factsOf(s),
        },
        verdict: verdicts[(step + s) % verdicts.length]!,
        range: { lo: -Math.sqrt(step + s), hi: Math.exp(-step) },
        isStatic: (step * s) % 3 === 1,
        clipped: step * 7 + s,
        bytesMoved: 2 ** 33 + step,
        bytesSaved: 8 * s,
      });
  return rows;
};

/** A recorder for the run "run-1" whose clock stands still, unless told otherwise. */
export const recorderIn = (dir: string, options: Partial<RecorderOptions> = {}): Recorder =>
  recorder({ dir, runId: "run-1", firstStep: 0, now: () => 0, rowsPerBatch: 10, ...options });

/** Records rows as one process does from its start to its end. */
export const record = (
  dir: string,
  rows: readonly RangeSeen[],
  options: Partial<RecorderOptions> = {},
): void => {
  const recording = recorderIn(dir, options);
  for (const row of rows) recording.append(row);
  recording.close();
};
