/**
 * @file Warnings about a run: how it learned, what its files lack, and what happened at its sites. A run that learns and whose ranges fit
 *   has none. Limits are defined where they are used, here and in `siteWarnings.ts`.
 */
import type { Better } from "../../operators/taps/outputMetric.ts";
import { shareText, shortText } from "../text/numbers.ts";
import type { EpochView, RunView } from "./runView.ts";
import { scoreText } from "./scoreText.ts";
import { siteAddress, siteWarnings, type Warning } from "./siteWarnings.ts";
import { sumIn, wholeRun } from "./spans.ts";
import { stepsText } from "./stepsText.ts";

/** Consecutive epochs in which test and training scores diverge. Of runs without a trend, one in 24 has three such test scores. */
const parting = 3;

/** Least number of buckets in the comparison of the start and the end of a run. */
const fewestCompared = 4;

const notFinite = (run: RunView): readonly Warning[] => {
  const { learning: l } = run;
  const all = wholeRun(run);
  const count = sumIn(l.steps, all) - sumIn(l.finite, all);
  if (count === 0) return [];
  const first = l.steps.findIndex((steps, i) => l.finite[i]! < steps);
  const isForGood = sumIn(l.finite, { name: "", from: first + 1, to: all.to }) === 0;
  const where = stepsText(run, first);
  return [
    {
      text: isForGood
        ? `The loss was NaN or infinite from ${where} on.`
        : `The loss was NaN or infinite in ${count} steps, the first of them at ${where}.`,
      href: "#learning",
    },
  ];
};

const rising = (run: RunView): readonly Warning[] => {
  const { learning: l } = run;
  const all = wholeRun(run);
  const tenth = Math.floor(all.to / 10);
  if (tenth < fewestCompared) return [];
  const mean = (from: number, to: number): number => {
    const span = { name: "", from, to };
    return sumIn(l.lossSum, span) / sumIn(l.finite, span);
  };
  const [first, last] = [mean(0, tenth), mean(all.to - tenth, all.to)];
  return last > first
    ? [
        {
          text: `The loss has not fallen: ${shortText(first)} in the mean of the first tenth of the steps, ${shortText(last)} in that of the last.`,
          href: "#learning",
        },
      ]
    : [];
};

/** Factor by which a loss exceeds its first value only if training has diverged. */
const blownUp = 100;

const exploding = (run: RunView): readonly Warning[] => {
  const { lossGreatest } = run.learning;
  const [first = Number.NaN] = run.learning.lossLeast;
  const finite = [...lossGreatest].map((loss) => (Number.isFinite(loss) ? loss : Number.NEGATIVE_INFINITY));
  const worst = Math.max(...finite);
  if (!(first > 0 && worst > blownUp * first)) return [];
  return [
    {
      text: `The loss rose from ${shortText(first)} to ${shortText(worst)} at ${stepsText(run, finite.indexOf(worst))}.`,
      href: "#learning",
    },
  ];
};

const betterOf = ({ done }: RunView, metric: string): Better | undefined =>
  metric === "loss" ? "lower" : metric === "accuracy" || metric === "psnr" ? "higher" : done?.better;

/** Accuracy beyond which there is almost nothing left to learn. */
const learned = 0.99;

const standstill = (run: RunView): readonly Warning[] => {
  const [first, last] = [run.epochs[0], run.epochs.at(-1)];
  if (!first || !last || first === last) return [];
  const which = last.trainScore === undefined ? "test" : "training";
  const [before, after] = [first, last].map(
    ({ trainScore, testScore }) => trainScore ?? testScore ?? Number.NaN,
  ) as [number, number];
  if (last.metric === "accuracy" && after >= learned) return [];
  const better = betterOf(run, last.metric);
  const gain = (after - before) * (better === "lower" ? -1 : 1);
  return better && gain <= 0
    ? [
        {
          text: `The run has not learned: ${which} ${last.metric} was ${scoreText(last.metric, before)} in epoch ${first.epoch} and ${scoreText(last.metric, after)} in epoch ${last.epoch}.`,
          href: "#learning",
        },
      ]
    : [];
};

const partingScores = (run: RunView): readonly Warning[] => {
  const last = run.epochs.slice(-parting - 1);
  const { metric } = last.at(-1) ?? { metric: "" };
  const better = betterOf(run, metric);
  const gains = (scoreOf: (epoch: EpochView) => number | undefined): readonly number[] =>
    last.slice(1).map((epoch, i) => {
      const gain = (scoreOf(epoch) ?? Number.NaN) - (scoreOf(last[i]!) ?? Number.NaN);
      return better === "lower" ? -gain : gain;
    });
  const isParting =
    better !== undefined &&
    last.length > parting &&
    gains(({ testScore }) => testScore).every((gain) => gain < 0) &&
    gains(({ trainScore }) => trainScore).every((gain) => gain > 0);
  if (!isParting) return [];
  const [from, to] = [last[0]!, last.at(-1)!];
  return [
    {
      text: `Test ${metric} went from ${scoreText(metric, from.testScore)} after epoch ${from.epoch} to ${scoreText(metric, to.testScore)} after epoch ${to.epoch}, while that of training got better: the network overfits.`,
      href: "#learning",
    },
  ];
};

const overflows = ({ done, epochs }: RunView): readonly Warning[] => {
  if (done)
    return done.accumulators
      .filter((one) => one.overflows > 0)
      .map(({ site, overflows, sums }) => ({
        text: `Accumulators of ${site} overflowed in ${shareText(overflows / sums)} of its sums.`,
        href: "#bytes",
      }));
  const { overflowShare = 0, epoch } = epochs.at(-1) ?? {};
  return overflowShare > 0
    ? [
        {
          text: `Accumulators overflowed in ${shareText(overflowShare)} of the sums of epoch ${epoch}.`,
          href: "#learning",
        },
      ]
    : [];
};

/** Sites of an imported recording whose printed digits are too few to tell how wide their tensors are, each once. */
const lost = ({ replayed = [] }: RunView): readonly Warning[] => {
  const bySite = new Map(
    replayed.flatMap(({ site, steps, lost }) => (lost ? [[site, { steps, ...lost }] as const] : [])),
  );
  return [...bySite].map(([site, { steps, share, within }]) => ({
    text: `${site} was printed as 0, give or take ${within}, in ${Math.round(share * steps)} of ${steps} tensors: the precision of its numbers has lost them.`,
    href: siteAddress(site),
  }));
};

/**
 * Warnings about a run, most severe first.
 *
 * @example not run: it reads a run
 * const warnings = warningsOf(readRunView("runs/mine"));
 * console.log(warnings[0]?.text); // The loss was NaN or infinite from step 31 on.
 */
export const warningsOf = (run: RunView): readonly Warning[] => [
  ...run.missing.map((text) => ({ text, href: "#summary" })),
  ...notFinite(run),
  ...exploding(run),
  ...rising(run),
  ...standstill(run),
  ...partingScores(run),
  ...overflows(run),
  ...lost(run),
  ...siteWarnings(run),
];
