/** @file A synthetic run with any number of steps and sites, as the files of a run. */
import { key, uniform } from "../../core/random.ts";
import type { Role } from "../../core/signal.ts";
import { eventLog } from "../files/eventLog.ts";
import { recorder } from "../files/recorder.ts";
import { learningLogIn } from "../runs/learningLog.ts";
import { rangesIn } from "../runs/runDirectory.ts";

const kinds: readonly (readonly [string, Role])[] = [
  ["input", "activation"],
  ["weight", "weight"],
  ["gradient", "gradient"],
];

/** Path and role of a site, named as in residual networks. */
const siteAt = (i: number): readonly [site: string, role: Role] => {
  const [kind, role] = kinds[i % kinds.length]!;
  const layer = Math.floor(i / kinds.length);
  return [
    `layer${1 + Math.floor(layer / 6)}/block${1 + Math.floor((layer % 6) / 2)}/conv${1 + (layer % 2)}/${kind}`,
    role,
  ];
};

/** Elements of each tensor. */
const count = 4096;
const stepsPerEpoch = 500;

/**
 * Writes recording and log of a run: tensors that shrink and oscillate, each with the range of the previous one, which clips now and
 * then.
 *
 * @param dir an empty directory
 */
export const writeLongRun = (
  dir: string,
  { sites, steps, now }: { readonly sites: number; readonly steps: number; readonly now: () => number },
): void => {
  const seed = key(1);
  const recording = recorder({ dir: rangesIn(dir), runId: "bench", firstStep: 0, now });
  const log = eventLog(learningLogIn(dir), now);
  const names = Array.from({ length: sites }, (_, i) => siteAt(i));
  const ends = (site: number, step: number) => {
    const size = (1 + Math.cos(step / (50 + 13 * site)) / 2) * Math.exp(-step / 10_000);
    const i = 2 * (step * sites + site);
    const end = (sign: number, u: number): number => Math.fround(sign * size * (1 + u / 4));
    return { min: end(-1, uniform(seed, i)), max: end(1, uniform(seed, i + 1)) };
  };
  for (let step = 0; step < steps; step++) {
    for (const [i, [site, role]] of names.entries()) {
      const { min, max } = ends(i, step);
      const before = ends(i, Math.max(0, step - 1));
      const isStatic = role !== "weight" && step > 0;
      const range = isStatic ? { lo: before.min, hi: before.max } : { lo: min, hi: max };
      recording.append({
        ...{ _tag: "RangeSeen", site, role, step, range, isStatic, verdict: "observed" },
        estimator: role === "weight" ? "currentMinMax" : "inHindsight",
        stat: { min, max, count, nonFinite: 0 },
        clipped: min < range.lo || max > range.hi ? 1 + (step % 5) : 0,
        bytesMoved: 5 * count,
        bytesSaved: isStatic ? 4 * count : 0,
      });
    }
    const loss = 2.5 * Math.exp(-step / 5000) * (0.8 + 0.4 * uniform(key(2), step));
    const learningRate = 0.1 * (1 - step / steps);
    log.append({ event: "step", step, loss, learningRate });
    if ((step + 1) % stepsPerEpoch === 0)
      log.append({
        ...{ event: "epoch", epoch: (step + 1) / stepsPerEpoch, steps: step + 1, loss, testLoss: 1.1 * loss },
        ...{ metric: "accuracy", trainScore: 1 / (1 + loss), testScore: 1 / (1.1 + loss) },
        ...{ learningRate, imagesPerSecond: 1000 },
      });
  }
  recording.close();
  log.close();
};
