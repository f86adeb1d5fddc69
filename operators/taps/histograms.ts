import { histogram } from "../../core/histogram.ts";
import { remembering } from "../../core/measure.ts";
import type { Sample } from "../../core/sample.ts";
import type { Emit, RangeSeen, Signal } from "../../core/signal.ts";
import { elements } from "../../core/tensor.ts";
import type { Hook } from "../module/hooks.ts";
import { aroundSite } from "../sites/site.ts";
import { drive, type Task, wait } from "../step/task.ts";
import { savedAside } from "./savedAside.ts";

/** A `RangeSeen` signal with the histogram of its tensor, which can answer questions that the run's estimator did not ask. */
const withHistogram = (seen: RangeSeen, sample: Sample): RangeSeen => ({
  ...seen,
  stat: { ...seen.stat, measure: remembering(seen.measured ?? {}, sample) },
  histogram: sample,
});

function* sampled(signal: Parameters<Emit>[0], sample: Sample): Task<Signal | undefined> {
  const said = yield* wait(signal);
  return said?._tag === "RangeSeen" ? withHistogram(said, sample) : said;
}

/**
 * Hook that adds a histogram of each site's tensor to its `RangeSeen` signal at some training steps. Estimators that measure
 * tensors can then be replayed over the recording.
 *
 * @param isTaken whether to take histograms at a step
 * @example
 * const hooks = [histogramsAt((step) => step % 100 === 0)];
 * scopeFor({ engine: reference(), shape: [28, 28, 1], hooks });
 */
export const histogramsAt = (isTaken: (step: number) => boolean): Hook =>
  aroundSite.hook((site, { quantizer }) => ({
    ...site,
    quantize: function* (x, ctx) {
      if (!ctx.training || quantizer.bits === 32 || !isTaken(ctx.step)) return yield* site.quantize(x, ctx);
      const saved = savedAside(x, ctx);
      const signals: Parameters<Emit>[0][] = [];
      const emit: Emit = (signal) => void signals.push(signal);
      const quantized = yield* site.quantize(saved, ctx.emitting(emit));
      const sample = histogram({ values: elements(yield* ctx.read(saved)) });
      for (const signal of signals) ctx.emit(drive(sampled(signal, sample)));
      return quantized;
    },
  }));
