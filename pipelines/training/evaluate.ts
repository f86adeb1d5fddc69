import { concatMap, defer, finalize, from, last, map, type Observable, scan } from "rxjs";
import { enter } from "../../operators/module/build.ts";
import { feed } from "../../operators/module/feed.ts";
import { summarizer } from "../../operators/taps/metrics.ts";
import type { Settings } from "../settings/settings.ts";
import { type Prepared, prepare, type TrainOptions } from "./prepare.ts";
import { metric } from "./progress.ts";
import { type EpochScores, testScore } from "./scores.ts";

/** How a saved network does on test images. */
export interface Score extends Pick<EpochScores, "testAccuracy" | "testPsnr"> {
  readonly step: number;
  readonly images: number;
  readonly testLoss: number;
}

const scored = ({ engine, network, batches, step, data, task }: Prepared): Observable<Score> =>
  feed({ to: batches.test.perEpoch }, (batch) =>
    enter(engine, batches.test.make(batch), { step, training: false }),
  )(network.layer).pipe(
    scan((summary, signal) => {
      summary.add(signal);
      return summary;
    }, summarizer()),
    last(),
    map((summary) => ({
      step,
      images: data.test.count,
      testLoss: metric(summary, "test loss"),
      ...testScore(task.score, metric(summary, `test ${task.score}`)),
    })),
    finalize(() => engine.dispose()),
  );

/**
 * The score of a run's last checkpoint on its test images: every site uses its newest range, nothing is learned or written.
 *
 * @param dir the directory of the run
 * @param settings where the data lie now, if not where they lay; other settings must be those of the run
 * @returns emits once; errors with `RangeflowFailure` if there is no run, or a damaged one
 */
export const evaluate = (
  dir: string,
  settings: Partial<Settings> = {},
  { estimators }: Pick<TrainOptions, "estimators"> = {},
): Observable<Score> =>
  defer(() => from(prepare(settings, { out: dir, resume: true, ...(estimators && { estimators }) }))).pipe(
    concatMap(scored),
  );
