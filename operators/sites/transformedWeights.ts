/** @file The site of weights that a transform bends and rounds: on the host, once a step. */
import { bytesMoved, bytesWritten } from "../../core/bytesMoved.ts";
import { after, type Eventual, expectSync } from "../../core/eventual.ts";
import { ofTensor } from "../../core/expr.ts";
import { histogram } from "../../core/histogram.ts";
import { remembering } from "../../core/measure.ts";
import type { Operand } from "../../core/product.ts";
import { branch } from "../../core/random.ts";
import { classifyRange } from "../../core/range.ts";
import type { Emit, HostParameter, RangeSeen } from "../../core/signal.ts";
import { siteFacts } from "../../core/siteFacts.ts";
import { codes, elements, type HostTensor, type Tensor } from "../../core/tensor.ts";
import type { Pulled, Transformed, WeightTransform } from "../../quantizers/learned/weightTransform.ts";
import { type Quantizer, rangesOf } from "../../quantizers/quantizer.ts";
import { onHost, present } from "../module/kept.ts";
import type { Scope } from "../module/module.ts";
import { noiseOf } from "../module/noise.ts";
import { type Foreign, foreign, notNumbers } from "./foreign.ts";
import { givenRange } from "./givenRange.ts";
import { learnedValues } from "./learnable.ts";
import { notIntegers } from "./projecting.ts";
import { tellRange } from "./rangeSeen.ts";
import type { WeightOperand, WeightSite } from "./weightOperand.ts";

const notStart = (first: unknown): string | undefined =>
  first instanceof Float32Array ? notNumbers(first, first, "first values") : "no Float32Array";

const wrongWeights = (given: Transformed, w: Float32Array, bits: number): string | undefined => {
  const { values, integers, range, clipped = 0, pullback } = given;
  if (typeof pullback !== "function") return "no way back";
  if (!(Number.isInteger(clipped) && clipped >= 0 && clipped <= w.length)) return `${clipped} clipped`;
  // With 32 bits there is no grid.
  const usable = bits === 32 ? range : givenRange(range);
  return (
    notNumbers(values, w, "values") ??
    notIntegers(integers, w.length) ??
    (typeof usable === "string" ? usable : undefined)
  );
};

/** Only the number of gradients is checked: where they are not finite, the run around them tells. */
const wrongGradients = (
  { dw, learned = [] }: Pulled,
  size: number,
  parameters: readonly HostParameter[],
): string | undefined => {
  const sizes = [size, ...parameters.map(({ value }) => value.size)];
  const at = [dw, ...parameters.map((_, k) => learned[k])].findIndex(
    (gradient, k) => !(gradient instanceof Float32Array && gradient.length === sizes[k]),
  );
  return at < 0 ? undefined : `no gradient of ${sizes[at]} numbers`;
};

/** The parameters that a transform learns, made for the weights as they are. */
const learnedAt = (
  { engine, parameters }: Scope,
  site: string,
  bits: number,
  { learns }: WeightTransform,
  call: Foreign,
): readonly HostParameter[] =>
  call(0, "what it learns", () => learns?.(bits) ?? []).map(({ name, start, learning }) => {
    const w = elements(expectSync(engine.read(present(parameters.find(site), "the weights").value)));
    const first = call(0, "first values", () => start(Float32Array.from(w)), notStart);
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
  const facts = siteFacts({ ...quantizer, projection: { name: transform.name, follows: "tensor" } });
  const call = foreign(scope, site, `quantizer ${transform.name}`);
  const parameters = learnedAt(scope, site, bits, transform, call);

  const operandOf = ({ values, integers }: Transformed, w: Tensor): Operand =>
    integers
      ? { _tag: "Codes", q: { codes: codes(integers.codes, w.shape), params: integers.params } }
      : { _tag: "Dense", x: engine.upload(values, w.shape) };

  const tell = (w: HostTensor, made: Transformed, step: number, emit: Emit): Eventual<void> =>
    after(engine.run(ofTensor(w), { observe: true }), (seen) => {
      const { range, integers, clipped = 0 } = made;
      const observed = present(seen.range, "the range");
      const written = bytesWritten(w.size, integers ? { quantize: integers } : { store: true });
      const how = {
        range,
        isStatic: false,
        clipped,
        bytesMoved: bytesMoved(ofTensor(w), { observe: true }) + written,
        bytesSaved: 0,
      };
      const sample = scope.wantsHistogram(step) ? histogram({ values: elements(w) }) : undefined;
      const seenAs = { site, role: "weight", step, estimator: rangesOf(quantizer), ...how } as const;
      tellRange(
        after(observed, (stat): RangeSeen => {
          const row = {
            _tag: "RangeSeen",
            ...seenAs,
            stat: { ...stat, facts },
            verdict: classifyRange(stat),
          } as const;
          if (sample === undefined) return row;
          const measure = remembering({}, sample);
          return { ...row, stat: { ...row.stat, measure }, histogram: sample };
        }),
        emit,
      );
    });

  const pulledBack =
    ({ pullback }: Transformed, w: Tensor, step: number): WeightOperand["pullback"] =>
    (dw, emit) =>
      after(onHost(engine, dw), (dy) => {
        const pulled = call(
          step,
          "a gradient for each weight, and of what it learns",
          () => pullback(Float32Array.from(elements(dy))),
          (given) => wrongGradients(given, w.size, parameters),
        );
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
        const learned = parameters.map(learnedValues);
        const weightsNow = elements(w);
        const made = call(
          step,
          "a finite value for each weight, their range and the way back",
          () => transform.transform(Float32Array.from(weightsNow), { bits, outputs, learned, noise }),
          (given) => wrongWeights(given, weightsNow, bits),
        );
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
