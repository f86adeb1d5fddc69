/** @file The site of weights that a transform bends and rounds: on the host, once a step. */
import { bytesWritten } from "../../core/bytesMoved.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { histogram } from "../../core/histogram.ts";
import { remembering } from "../../core/measure.ts";
import { type Operand, ofTensor } from "../../core/pass.ts";
import { branch } from "../../core/random.ts";
import { judge } from "../../core/range.ts";
import type { Emit, Parameter, RangeSeen } from "../../core/signal.ts";
import { told } from "../../core/siteGrid.ts";
import { codes, elements, type Tensor } from "../../core/tensor.ts";
import type { Transformed, WeightTransform } from "../../quantizers/learned/weightTransform.ts";
import { type Quantizer, rangesOf } from "../../quantizers/quantizer.ts";
import { onHost, present } from "../module/kept.ts";
import type { Scope } from "../module/module.ts";
import { noiseOf } from "../module/noise.ts";
import { learnedValues } from "./learnable.ts";
import { tellRange } from "./rangeSeen.ts";
import type { WeightOperand, WeightSite } from "./weightOperand.ts";

/** The parameters that a transform learns, made for the weights as they are. */
const learnedAt = (
  { parameters }: Scope,
  site: string,
  bits: number,
  { learns }: WeightTransform,
): readonly Parameter[] =>
  (learns?.(bits) ?? []).map(({ name, start, learning }) => {
    const first = start(elements(present(parameters.find(site), "the weights").value));
    return parameters.create(
      `${site}/${name}`,
      "quantizer",
      [first.length],
      (value) => value.set(first),
      learning,
    );
  });

/**
 * Weights that are transformed before they are multiplied; with 32 bits too, and then without a word. What the transform learns is made
 * at once.
 *
 * @param outputs output channels times the kernel positions that share them
 * @returns opens the site
 */
export const transformedWeights = (
  scope: Scope,
  site: string,
  quantizer: Quantizer,
  transform: WeightTransform,
  outputs: number,
): (() => WeightSite) => {
  const { engine } = scope;
  const { bits } = quantizer;
  const siteKey = branch(scope.seed, site);
  const parameters = learnedAt(scope, site, bits, transform);

  const operandOf = ({ values, integers }: Transformed, w: Tensor): Operand =>
    integers
      ? { _tag: "Codes", q: { codes: codes(integers.codes, w.shape), params: integers.params } }
      : { _tag: "Dense", x: engine.upload(values, w.shape) };

  const tell = (w: Tensor, made: Transformed, step: number, emit: Emit): Eventual<void> =>
    after(engine.run(ofTensor(w), { observe: true }), (seen) => {
      const { range, integers, clipped = 0 } = made;
      const observed = present(seen.range, "the range");
      const written = bytesWritten(w.size, integers ? { quantize: integers } : { store: true });
      const how = { range, isStatic: false, clipped, moved: seen.moved + written, spared: 0 };
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

  const pulledBack =
    ({ pullback }: Transformed, w: Tensor, step: number): WeightOperand["pullback"] =>
    (dw, emit) =>
      after(onHost(engine, dw), (dy) => {
        const pulled = pullback(elements(dy));
        parameters.forEach((parameter, k) => {
          const gradient = engine.upload(present(pulled.learned?.[k], "its gradient"), parameter.value.shape);
          emit({ _tag: "ParameterGradient", step, parameter, gradient });
        });
        return ofTensor(engine.upload(pulled.dw, w.shape));
      });

  const open = (): WeightSite => ({
    quantize: (weights, { step, training }, emit) =>
      after(engine.read(weights), (w) => {
        const noise = training ? noiseOf(branch(siteKey, step)) : undefined;
        const made = transform.transform(elements(w), {
          bits,
          outputs,
          learned: parameters.map(learnedValues),
          noise,
        });
        const operand = operandOf(made, w);
        const told = training && bits !== 32 ? tell(w, made, step, emit) : undefined;
        return after(told, () => ({
          forward: operand,
          backward: operand,
          pullback: pulledBack(made, w, step),
        }));
      }),
    unsubscribe: () => {},
  });
  return open;
};
