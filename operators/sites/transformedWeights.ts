/** @file The site of weights that a transform bends and rounds: on the host, once a step. */
import { bytesWritten } from "../../core/bytesMoved.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { remembering } from "../../core/measure.ts";
import { type Operand, ofTensor } from "../../core/pass.ts";
import { judge } from "../../core/range.ts";
import { histogram } from "../../core/sample.ts";
import type { Emit, RangeSeen } from "../../core/signal.ts";
import { told } from "../../core/siteGrid.ts";
import { codes, elements, type Tensor } from "../../core/tensor.ts";
import type { Transformed, WeightTransform } from "../../quantizers/learned/weightTransform.ts";
import { type Quantizer, rangesOf } from "../../quantizers/quantizer.ts";
import { onHost, present } from "../module/kept.ts";
import type { Scope } from "../module/module.ts";
import type { Moment } from "./coding.ts";
import { tellRange } from "./rangeSeen.ts";
import type { WeightSite } from "./weightOperand.ts";

/**
 * Weights that are transformed before they are multiplied; with 32 bits too, and then without a word.
 *
 * @param outputs output channels times the kernel positions that share them
 */
export const transformedWeights = (
  scope: Scope,
  site: string,
  quantizer: Quantizer,
  transform: WeightTransform,
  outputs: number,
): WeightSite => {
  const { engine } = scope;
  const { bits } = quantizer;

  const operandOf = ({ values, integers }: Transformed, w: Tensor): Operand =>
    integers
      ? { _tag: "Codes", q: { codes: codes(integers.codes, w.shape), params: integers.params } }
      : { _tag: "Dense", x: engine.upload(values, w.shape) };

  const tell = (w: Tensor, { range, integers }: Transformed, step: number, emit: Emit): Eventual<void> =>
    after(engine.run(ofTensor(w), { observe: true }), (seen) => {
      const observed = present(seen.range, "the range");
      const written = bytesWritten(w.size, integers ? { quantize: integers } : { store: true });
      const how = { range, isStatic: false, clipped: 0, moved: seen.moved + written, spared: 0 };
      const sample = scope.wantsHistogram(step) ? histogram({ values: elements(w) }) : undefined;
      const seenAs = { site, role: "weight", step, estimator: rangesOf(quantizer), ...how } as const;
      tellRange(
        after(observed, (stat): RangeSeen => {
          const row = { _tag: "RangeSeen", ...seenAs, stat, verdict: judge(stat) } as const;
          if (sample === undefined) return row;
          const measured = told({ ...quantizer, projection: { name: transform.name, follows: "tensor" } });
          const measure = remembering(measured, sample);
          return { ...row, stat: { ...stat, measure }, measured, histogram: sample };
        }),
        emit,
      );
    });

  return {
    quantize: (weights, { step, training }: Moment, emit) =>
      after(engine.read(weights), (w) => {
        const made = transform.transform(elements(w), { bits, outputs });
        const operand = operandOf(made, w);
        const told = training && bits !== 32 ? tell(w, made, step, emit) : undefined;
        return after(told, () => ({
          forward: operand,
          backward: operand,
          pullback: (dw) =>
            after(onHost(engine, dw), (dy) => ofTensor(engine.upload(made.pullback(elements(dy)), w.shape))),
        }));
      }),
    unsubscribe: () => {},
  };
};
