/** @file Speed of reading a recording, and of replaying it into estimators. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { from } from "rxjs";
import { internal } from "../../core/errors.ts";
import { key, uniform } from "../../core/random.ts";
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { at } from "../../operators/taps/at.ts";
import { replay as replayed } from "../../operators/taps/replay.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { recorder } from "../files/recorder.ts";
import { type Recording, readRecording } from "../files/recording.ts";
import { replayStudy } from "../replay/replayStudy.ts";
import { compared } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import type { Row } from "./row.ts";

const sites = 60;

const siteNamed = (i: number): string => `layer${i}/conv1/gradient`;

/** Statistics as in a run: row i belongs to step i / sites. */
const rowsOf = (steps: number): readonly RangeSeen[] => {
  const seed = key(1);
  return Array.from({ length: steps * sites }, (_, i) => {
    const stat = { min: -uniform(seed, 2 * i), max: uniform(seed, 2 * i + 1), count: 4096, nonFinite: 0 };
    return {
      _tag: "RangeSeen",
      site: siteNamed(i % sites),
      role: "gradient",
      step: Math.floor(i / sites),
      estimator: "currentMinMax",
      stat,
      verdict: "observed",
      range: { lo: stat.min, hi: stat.max },
      isStatic: false,
      clipped: 0,
      bytesMoved: 0,
      bytesSaved: 0,
    };
  });
};

const written = (dir: string, rows: readonly RangeSeen[], now: () => number): Recording => {
  const { append, close } = recorder({ dir, runId: "bench", firstStep: 0, now });
  for (const row of rows) append(row);
  close();
  return readRecording(dir);
};

/** The ranges of one estimator at one site. */
const answersAt = (rows: Iterable<RangeSeen>, site: string): readonly Range[] => {
  const ranges: Range[] = [];
  replayed(rows)
    .pipe(at(site), inHindsight())
    .subscribe((range) => ranges.push(range));
  return ranges;
};

/** @throws an internal error if the estimator's ranges for the file differ from those for the run */
const checkReplay = (recording: Recording, rows: readonly RangeSeen[]): void => {
  const live: Range[] = [];
  from(rows)
    .pipe(at(siteNamed(7)), inHindsight())
    .subscribe((range) => live.push(range));
  if (JSON.stringify(answersAt(recording.rows(), siteNamed(7))) !== JSON.stringify(live))
    throw internal("bench: the recording replays otherwise than the run");
};

const estimator = { name: "inHindsight", estimator: inHindsight() };
const eight = Array.from({ length: 8 }, (_, i) => ({
  name: `inHindsight:decay=${i / 8}`,
  estimator: inHindsight({ decay: i / 8 }),
}));

const readAll = (rows: Iterable<RangeSeen>): number => {
  let steps = 0;
  for (const { step } of rows) steps += step;
  return steps;
};

const measured = async (dir: string, { quick, contest, now }: Surroundings): Promise<readonly Row[]> => {
  const rows = rowsOf(quick ? 1000 : 5000);
  const recording = written(dir, rows, now);
  checkReplay(recording, rows);
  const contestants = [
    {
      name: "replayed into an estimator at every site",
      run: () => replayStudy(recording.rows(), [estimator], () => true),
    },
    {
      name: "replayed into 8 estimators at every site",
      run: () => replayStudy(recording.rows(), eight, () => true),
    },
    { name: "replayed at one site", run: () => answersAt(recording.rows(), siteNamed(7)) },
    { name: "read from disk only", run: () => readAll(recording.rows()) },
  ];
  const times = await contest(contestants);
  return contestants.flatMap(({ name }, i) =>
    compared(
      {
        group: "replay",
        case: `recording of ${rows.length} statistics`,
        amount: rows.length / 1e6,
        unit: "million statistics/s",
      },
      times,
      { name, shown: name },
      i === contestants.length - 1 ? [] : [{ name: "read from disk only", shown: "read from disk only" }],
    ),
  );
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const dir = mkdtempSync(join(tmpdir(), "rangeflow-bench-"));
  try {
    yield* await measured(dir, surroundings);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export const replay: Group = {
  name: "replay",
  about: "recordings read and replayed, in statistics a second",
  run,
};
