/** @file The parameter of a site with a learned range: creation, ranges, and gradient. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { channelsOf, countOf, type Expr, ofTensor, staged } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import { absMax, observedRange, type Range, type RangeStat, usableRange } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { HostParameter, Role } from "../../core/signal.ts";
import { elements } from "../../core/tensor.ts";
import type { LearnedRange, Sided } from "../../quantizers/learned/learnedRange.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import { constant } from "../module/initialize.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import type { Backward } from "../step/op.ts";
import { present } from "../step/tape.ts";
import type { Task } from "../step/task.ts";
import { channelErrorSlope } from "./channelErrors.ts";
import { ofOperand } from "./coded.ts";
import { type Foreign, foreign } from "./foreign.ts";
import { givenRange } from "./givenRange.ts";
import type { RangeSource } from "./rangeSource.ts";

/**
 * A site's learned range with the parameters that hold it. They are created when the network is built, and initialized with the
 * first tensor.
 */
export interface Learnable {
  readonly call: Foreign;
  readonly learned: LearnedRange;
  readonly bits: number;
  readonly site: string;
  /** One number; 0 before the first tensor. */
  readonly parameter: HostParameter;
  /** 1 if there are levels below 0, else 0. */
  readonly sign: HostParameter;
}

/** Creates the parameters of a site; `undefined` if its range is not learned. */
export const learnableAt = (
  scope: Scope,
  site: string,
  role: Role,
  { learned, bits }: Quantizer,
): Learnable | undefined => {
  if (learned === undefined || bits === 32) return undefined;
  const { parameters } = scope;
  const isSigned = learned.sign === "signed" || role === "weight";
  return {
    call: foreign(scope, site, `quantizer ${learned.name}`),
    learned,
    bits,
    site,
    parameter: parameters.create(
      `${site}/${learned.parameter}`,
      "quantizer",
      [1],
      constant(0),
      learned.learning,
    ),
    sign: parameters.create(`${site}/signed`, "statistic", [1], constant(isSigned ? 1 : 0)),
  };
};

const only = ({ value }: HostParameter): number => elements(value)[0] as number;

/**
 * Current values of a learned parameter.
 *
 * @throws `RangeflowFailure` if they are not finite
 */
export const learnedValues = ({ path, value }: HostParameter): Float32Array => {
  const values = elements(value);
  const wrong = values.find((one) => !Number.isFinite(one));
  if (wrong === undefined) return values;
  throw new RangeflowFailure(
    problem(path, `the learned parameter is ${wrong}`, "a finite number", "lower --quantizer-lr"),
  );
};

const notFinite = (given: unknown): string | undefined =>
  typeof given === "number" && Number.isFinite(given) ? undefined : String(given);

const notRange = (given: unknown): string | undefined => {
  const range = givenRange(given);
  return typeof range === "string" ? range : undefined;
};

/** The grid that the range depends on beside the parameter. */
const sidedOf = ({ bits, sign }: Learnable): Sided => ({ bits, isSigned: only(sign) === 1 });

/** The range of the current parameter; `undefined` before the first tensor. */
const rangeOf = (learnable: Learnable, step: number): Range | undefined => {
  const { call, learned, parameter } = learnable;
  const value = learnedValues(parameter)[0] as number;
  if (value === 0) return undefined;
  return call(step, usableRange, () => learned.range(value, sidedOf(learnable)), notRange);
};

/** Initializes the parameter from the first tensor. */
const start = (learnable: Learnable, { measure, ...stat }: RangeStat, step: number): void => {
  const { call, learned, parameter, sign } = learnable;
  if (learned.sign === "auto" && stat.min < 0) elements(sign.value)[0] = 1;
  const ask = present(measure, "a measure of the first tensor");
  const startFrom = (sample: Sample): number =>
    call(step, "a finite number to start with", () => learned.start(sample, sidedOf(learnable)), notFinite);
  const [first] = ask("start", (sample) => [startFrom(sample)]) as [number];
  const found = first > 0 ? first : absMax(observedRange(stat));
  elements(parameter.value)[0] = learned.learning.keep(Math.fround(found));
};

/**
 * Range source of a site with a learned range. Ranges are always known before the tensor once initialized; the parameter is the
 * only state.
 */
export const learnedRanges = (learnable: Learnable): RangeSource => ({
  ready: () => undefined,
  ahead: (step) => rangeOf(learnable, step),
  newest: (step) => rangeOf(learnable, step),
  useAhead: () => {},
  ask: (stat, step) => {
    start(learnable, stat, step);
    return present(rangeOf(learnable, step), "the range of a parameter that has started");
  },
  unsubscribe: () => {},
});

/** A tensor quantized with a learned range, and the result. */
interface Passed {
  /** The tensor as an expression that may be read again. */
  readonly x: Expr;
  readonly value: Operand;
  readonly range: Range;
}

/** Gradient of the loss with respect to a parameter, times the parameter. */
function* lossSlope(dy: Expr, slope: Expr, ctx: Context): Task<number> {
  const { second } = yield* ctx.sums(dy, { of: slope, around: new Float32Array(channelsOf(dy)) });
  return second.reduce((total, one) => total + one, 0);
}

/**
 * Pullback of a learned quantizer: straight-through where lo < x < hi, and the gradient of its parameter p:
 *
 *     dp = gradientScale sum dy (xq - inside x) / p,   inside = 1 where lo < x < hi, else 0
 *
 * Without `residual`, x is replaced by xq inside, so that only clipped elements contribute. Takes one more pass over dy, x and the
 * codes, or three with the objective `channelErrors`.
 */
export function* learnedPullback(
  learnable: Learnable,
  { x, value, range }: Passed,
  dyOnce: Expr,
  ctx: Context,
): Task<Backward> {
  const { call, learned, parameter } = learnable;
  const xq = ofOperand(value, x.shape);
  const p = only(parameter);
  const dy = ctx.save(dyOnce);
  // Nothing is learned before the first nonzero tensor, or from an empty one. dy is saved all the same: memory is measured on zeros.
  if (p === 0 || countOf(x) === 0) return { dx: dy, gradients: new Map([[parameter, undefined]]) };
  const gate = { _tag: "Gate", other: x, lo: Math.fround(range.lo), hi: Math.fround(range.hi) } as const;
  const minus = { _tag: "Affine", scale: Float32Array.of(-1) } as const;
  const passed = staged(gate, minus)(learned.residual ? x : xq);
  const slope = staged({ _tag: "Add", other: passed })(xq);
  const sum = yield* learned.objective === "channelErrors"
    ? channelErrorSlope({ x, xq, slope }, ctx)
    : lossSlope(dy, slope, ctx);
  const scale = call(
    ctx.step,
    "a finite factor for the gradient of its parameter",
    () => learned.gradientScale(countOf(x), sidedOf(learnable)),
    notFinite,
  );
  const gradient = ofTensor(ctx.upload(Float32Array.of((scale * sum) / p), [1]));
  return { dx: staged(gate)(dy), gradients: new Map([[parameter, gradient]]) };
}
