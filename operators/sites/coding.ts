/** @file How a site quantizes a tensor once its range is known: into codes, or into float32 where no integer grid will do. */
import * as E from "fp-ts/lib/Either.js";
import { bytesMoved } from "../../core/bytesMoved.ts";
import { describe, internal, problem, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual, isPromise } from "../../core/eventual.ts";
import { type Expr, type Made, ofTensor, settled } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { QParams } from "../../core/qparams.ts";
import { branch } from "../../core/random.ts";
import { isUsable, type Range, type RangeStat, usableRange } from "../../core/range.ts";
import type { Activation, Role } from "../../core/signal.ts";
import { type Codes, codes, elements, type HostTensor, type Tensor } from "../../core/tensor.ts";
import { uniformGrid } from "../../quantizers/grids/uniform.ts";
import type { Projected, Projection } from "../../quantizers/projections/projection.ts";
import { isQuantizers, type Quantizer, rangesOf } from "../../quantizers/quantizer.ts";
import { present } from "../module/kept.ts";
import type { Scope } from "../module/module.ts";
import { noiseOf } from "../module/noise.ts";
import { curvatureAt } from "../training/adamMoments.ts";
import { projectAt } from "./projecting.ts";

/** The step of a tensor, whether anything is learned from it, and how far learning has come. */
export type Moment = Pick<Activation, "step" | "training" | "losses">;

/** What else one pass shall leave behind. */
export interface Also {
  readonly observe: boolean;
  readonly store: boolean;
}

/** A quantized tensor, and what was asked for beside it. */
export interface Coded {
  readonly value: Operand;
  /** One byte an element: 1 where a gradient may pass. There only if something was clipped, or if nobody knows yet. */
  readonly gradientMask?: Codes | undefined;
  readonly clipped: Eventual<number>;
  /** What was made for it. */
  readonly made: readonly Made[];
  /** Bytes. */
  readonly moved: number;
  readonly range?: Eventual<RangeStat> | undefined;
  readonly stored?: Tensor | undefined;
}

export type Coding = (x: Expr, range: Range, moment: Moment, also: Also) => Eventual<Coded>;

const badRange = (site: string, step: number, name: string, { lo, hi }: Range): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      `${site}, step ${step}`,
      `${isQuantizers(name) ? "" : "estimator "}${name} gave the range [${lo}, ${hi}]`,
      usableRange,
    ),
  );

/** Integer codes on a uniform grid, in the pass that makes the tensor. Training wants to know where no gradient passes. */
const uniform = ({ engine, seed }: Scope, site: string, role: Role, quantizer: Quantizer): Coding => {
  const { bits, learned } = quantizer;
  const usual = uniformGrid(quantizer, site);
  /** A learned range says by its ends what its grid is. */
  const covering = ({ lo, hi }: Range) =>
    learned
      ? uniformGrid({ bits, scheme: lo === -hi ? "symmetric" : "affine" }, site)({ lo, hi })
      : usual({ lo, hi });
  const siteKey = branch(seed, site);
  const gridOf = (range: Range): QParams => {
    const params = covering(range);
    if (E.isLeft(params)) throw internal(`${site}: ${describe(params.left)}`);
    return params.right;
  };
  return (x, range, { step, training }, also) => {
    const params = gridOf(range);
    const gradientMask = training && role !== "gradient" && learned === undefined;
    const quantize =
      quantizer.rounding === "stochastic"
        ? { params, gradientMask, noise: branch(siteKey, step) }
        : { params, gradientMask };
    const sinks = { ...also, quantize };
    const moved = bytesMoved(x, sinks);
    return after(engine.run(x, sinks), (result): Coded => {
      const { gradientMask: mask, clipped = 0, range: observed, stored } = result;
      const coded = present(result.codes, "the codes");
      return {
        value: { _tag: "Codes", q: { codes: coded, params } },
        clipped,
        made: mask ? [coded, mask] : [coded],
        moved,
        gradientMask: isPromise(clipped) || clipped > 0 ? mask : undefined,
        range: observed,
        stored,
      };
    });
  };
};

/** A projection follows the training loss, and nobody has told it. */
const noLoss = (site: string, step: number, name: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      `${site}, step ${step}`,
      `the quantizer ${name} and no training loss`,
      "the losses of the batches before",
      "give `enter` what `lossesAfter` makes of the signals",
    ),
  );

/** Float32 that a projection makes of the tensor in memory: one more reading and writing of it, on the host. */
const projected = (
  scope: Scope,
  site: string,
  role: Role,
  { bits, rounding }: Quantizer,
  projection: Projection,
): Coding => {
  const { engine, seed, parameters } = scope;
  const { name, followsLoss } = projection;
  const project = projectAt(scope, site, projection);
  const siteKey = branch(seed, site);
  // A weight site has the path of its parameter.
  const curvature = () => curvatureAt(parameters, site);
  return (x, range, { step, training, losses }, also) => {
    if (followsLoss && training && step > 0 && losses === undefined) throw noLoss(site, step, name);
    const key = branch(siteKey, step);
    const noise = rounding === "stochastic" ? noiseOf(key) : undefined;
    const onHost = (from: HostTensor): Projected =>
      project(
        elements(from),
        { shape: x.shape, role, range, bits, training, losses, curvature, noise },
        step,
      );
    const there = settled(x);
    // Before the pass, which may release it.
    const early = there && after(engine.read(there), onHost);
    const sinks = { observe: also.observe, store: there === undefined };
    // A pass over a tensor that is there and is not observed reads nothing.
    const moved = there && !also.observe ? 0 : bytesMoved(x, sinks);
    const ran = after(early, () => engine.run(x, sinks));
    return after(ran, (result) => {
      const projected = early ?? after(engine.read(present(result.stored, "the stored tensor")), onHost);
      return after(projected, (found): Coded => {
        const { values, integers, gradientMask, clipped } = found;
        const coded = integers && codes(integers.codes, x.shape);
        const value = coded ?? engine.upload(values, x.shape);
        const stored = there ?? result.stored;
        const mask = training && clipped > 0 && gradientMask ? codes(gradientMask, x.shape) : undefined;
        return {
          value:
            coded && integers
              ? { _tag: "Codes", q: { codes: coded, params: integers.params } }
              : { _tag: "Dense", x: value as Tensor },
          clipped,
          made: result.stored && !also.store ? [value, result.stored] : [value],
          moved: moved + (coded ? 5 : 8) * values.length,
          ...(mask && { gradientMask: mask }),
          ...(result.range && { range: result.range }),
          ...(also.store && stored && { stored }),
        };
      });
    });
  };
};

/** How a site quantizes, with ranges that can be used; a range that cannot ends the run, wherever it comes from. */
export const codingOf = (scope: Scope, site: string, role: Role, quantizer: Quantizer): Coding => {
  const coding = quantizer.projection
    ? projected(scope, site, role, quantizer, quantizer.projection)
    : uniform(scope, site, role, quantizer);
  return (x, range, moment, also) => {
    if (!isUsable(range)) throw badRange(site, moment.step, rangesOf(quantizer), range);
    return coding(x, range, moment, also);
  };
};

/** What was quantized, as something to go on with. */
export const ofOperand = (value: Operand, shape: readonly number[]): Expr =>
  value._tag === "Dense" ? ofTensor(value.x) : { shape, source: value, stages: [] };
