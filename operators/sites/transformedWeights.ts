/** @file The site of weights that a transform maps and rounds, on the host, once per step. */
import { bytesMoved, bytesWritten } from "../../core/bytesMoved.ts";
import { type Eventual, expectSync } from "../../core/eventual.ts";
import { countOf, type Expr, ofTensor } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import { branch } from "../../core/random.ts";
import type { RangeStat } from "../../core/range.ts";
import type { HostParameter, Parameter } from "../../core/signal.ts";
import { type SiteFacts, siteFacts } from "../../core/siteFacts.ts";
import { codes, elements, type Tensor } from "../../core/tensor.ts";
import type { Pulled, Transformed, WeightTransform } from "../../quantizers/learned/weightTransform.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import { noiseOf } from "../module/noise.ts";
import type { Context } from "../step/context.ts";
import type { Backward } from "../step/op.ts";
import { present } from "../step/tape.ts";
import { drive, type Task, wait } from "../step/task.ts";
import { type Foreign, foreign, notNumbers } from "./foreign.ts";
import { givenRange } from "./givenRange.ts";
import { learnedValues } from "./learnable.ts";
import { notIntegers } from "./projecting.ts";
import { type Site, type SitePlace, withHooks } from "./site.ts";
import { emitSeen } from "./siteSignals.ts";

const notStart = (first: unknown): string | undefined =>
  first instanceof Float32Array ? notNumbers(first, first, "first values") : "no Float32Array";

const wrongWeights = (given: Transformed, w: Float32Array, bits: number): string | undefined => {
  const { values, integers, range, clipped = 0, pullback } = given;
  if (typeof pullback !== "function") return "no way back";
  if (!(Number.isInteger(clipped) && clipped >= 0 && clipped <= w.length)) return `${clipped} clipped`;
  // At 32 bits there is no grid.
  const usable = bits === 32 ? range : givenRange(range);
  return (
    notNumbers(values, w, "values") ??
    notIntegers(integers, w.length) ??
    (typeof usable === "string" ? usable : undefined)
  );
};

/** A gradient of the wrong size, for an error. Gradients that are not finite are found elsewhere in the run. */
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

function* withFacts(stat: Eventual<RangeStat>, facts: SiteFacts): Task<RangeStat> {
  return { ...(yield* wait(stat)), facts };
}

/** Creates the parameters that a transform learns, initialized from the current weights. */
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
 * The site of weights that are transformed before they are multiplied, also at 32 bits, where nothing is emitted. Parameters of the
 * transform are created at once.
 *
 * @param outputs output channels times kernel positions
 * @returns a function that opens the site
 */
export const transformedWeights = (
  scope: Scope,
  site: string,
  quantizer: Quantizer,
  transform: WeightTransform,
  outputs: number,
): (() => Site) => {
  const { bits } = quantizer;
  const place: SitePlace = { path: site, role: "weight", quantizer };
  const siteKey = branch(scope.seed, site);
  const facts = siteFacts({ ...quantizer, projection: { name: transform.name, follows: "tensor" } });
  const call = foreign(scope, site, `quantizer ${transform.name}`);
  const parameters = learnedAt(scope, site, bits, transform, call);

  const operandOf = ({ values, integers }: Transformed, w: Tensor, ctx: Context): Operand =>
    integers
      ? { _tag: "Codes", q: { codes: codes(integers.codes, w.shape), params: integers.params } }
      : { _tag: "Dense", x: ctx.upload(values, w.shape) };

  /** Emits what was observed on the weights before the transform. */
  function* seen(x: Expr, { range, integers, clipped = 0 }: Transformed, ctx: Context): Task<void> {
    const { range: observed } = yield* ctx.run(x, { observe: true });
    const written = bytesWritten(countOf(x), integers ? { quantize: integers } : { store: true });
    const coded = { clipped, moved: bytesMoved(x, { observe: true }) + written };
    const stat = drive(withFacts(present(observed, "the range"), facts));
    emitSeen(place, { coded, stat, measured: {}, range, isStatic: false, bytesSaved: 0 }, ctx);
  }

  function* pulledBack({ pullback }: Transformed, size: number, dw: Expr, ctx: Context): Task<Backward> {
    const dy = elements(yield* ctx.read(dw));
    const pulled = call(
      ctx.step,
      "a gradient for each weight, and of what it learns",
      () => pullback(Float32Array.from(dy)),
      (given) => wrongGradients(given, size, parameters),
    );
    const gradients = parameters.map((parameter, k): readonly [Parameter, Expr] => {
      const gradient = present(pulled.learned?.[k], "its gradient");
      return [parameter, ofTensor(ctx.upload(gradient, parameter.value.shape))];
    });
    return { dx: ofTensor(ctx.upload(pulled.dw, dw.shape)), gradients: new Map(gradients) };
  }

  const open = (): Site => ({
    quantize: function* (x, ctx) {
      const { step, training } = ctx;
      const w = yield* ctx.read(x);
      const noise = training ? noiseOf(branch(siteKey, step)) : undefined;
      const learned = parameters.map(learnedValues);
      const weightsNow = elements(w);
      const transformed = call(
        step,
        "a finite value for each weight, their range and the way back",
        () => transform.transform(Float32Array.from(weightsNow), { bits, outputs, learned, noise }),
        (given) => wrongWeights(given, weightsNow, bits),
      );
      const value = operandOf(transformed, w, ctx);
      if (training && bits !== 32) yield* seen(x, transformed, ctx);
      return { value, pullback: (dw, ctx) => pulledBack(transformed, w.size, dw, ctx) };
    },
    unsubscribe: () => {},
  });
  return () => withHooks(scope, open(), place);
};
