import { concatMap, defer, finalize, from, last, map, type Observable, scan } from "rxjs";
import { enter } from "../../operators/module/build.ts";
import { feed } from "../../operators/module/feed.ts";
import { summarizer } from "../../operators/taps/metrics.ts";
import type { Settings } from "../settings/settings.ts";
import type { Opening } from "./claim.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { testMetric } from "./progress.ts";
import { type EpochScores, testScore } from "./scores.ts";

/** How a saved network does on test images. */
export interface Score extends Pick<EpochScores, "testAccuracy" | "testPsnr"> {
  readonly step: number;
  readonly images: number;
  readonly testLoss: number;
}

const scored = ({ settings, engine, network, batches, step, data, task }: Prepared): Observable<Score> =>
  feed({ to: batches.test.perEpoch, patience: settings.patience }, (batch) =>
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
      testLoss: testMetric(summary, "loss"),
      ...testScore(task.score, testMetric(summary, task.score)),
    })),
    finalize(() => engine.dispose()),
  );

/**
 * The score of a run's last checkpoint on its test images: every site uses its newest range, nothing is learned or written.
 *
 * @param dir the directory of the run
 * @param settings where the data lie now, if not where they lay; other settings must be those of the run
 * @param opening estimators that the run was given as values, and whether files that it names are executed unless `settings` name them again
 * @returns emits once; errors with `RangeflowFailure` if there is no run, a damaged one, or one whose data or files are others now
 */
export const evaluate = (
  dir: string,
  settings: Partial<Settings> = {},
  opening: Opening = {},
): Observable<Score> =>
  defer(() => from(prepare(settings, { ...opening, out: dir, resume: true }))).pipe(concatMap(scored));
