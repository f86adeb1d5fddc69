import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Operand } from "../../core/product.ts";
import { branch } from "../../core/random.ts";
import type { Losses } from "../../core/signal.ts";
import { codes, elements } from "../../core/tensor.ts";
import { trainingLosses } from "../../quantizers/projections/adaFlLevels.ts";
import { curvature } from "../../quantizers/projections/laq.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import type { Scope } from "../module/module.ts";
import { noiseOf } from "../module/noise.ts";
import type { Context } from "../step/context.ts";
import { curvatureAt } from "../training/adamMoments.ts";
import type { Coding } from "./coded.ts";
import { projectAt } from "./projecting.ts";
import type { SitePlace } from "./site.ts";
import { storedCoding } from "./storedCoding.ts";

/**
 * The training loss that a projection depends on.
 *
 * @throws `RangeflowFailure` in training from the second step on, if the batches carry no losses
 */
const lossesAt = (
  { step, training, losses }: Pick<Context, "step" | "training" | "losses">,
  site: string,
  name: string,
): Losses | undefined => {
  if (losses !== undefined || !training || step === 0) return losses;
  throw new RangeflowFailure(
    problem(
      `${site}, step ${step}`,
      `the quantizer ${name} without a training loss`,
      "the losses of the batches before this one",
      "pass `beginStep` the losses that `lossesAfter` collects from the signals",
    ),
  );
};

/** Coding by a projection, to float32 or codes. Runs on the host, with one more read and write of the tensor. */
export const projectedCoding = (
  scope: Scope,
  { path, role, quantizer }: SitePlace,
  projection: Projection,
): Coding => {
  const { bits, rounding } = quantizer;
  const project = projectAt(scope, path, projection);
  const siteKey = branch(scope.seed, path);
  // A weight site has the path of its parameter.
  const ofWeights = curvature.given(() => curvatureAt(scope.parameters, path));
  return storedCoding(path, function* (stored, range, ctx) {
    const { step, training } = ctx;
    const { shape } = stored;
    const quantities = [trainingLosses.given(() => lossesAt(ctx, path, projection.name)), ofWeights];
    const noise = rounding === "stochastic" ? noiseOf(branch(siteKey, step)) : undefined;
    const { values, integers, gradientMask, clipped } = project(
      elements(yield* ctx.read(stored)),
      { shape, role, range, bits, training, quantities, noise },
      step,
    );
    const value: Operand = integers
      ? { _tag: "Codes", q: { codes: codes(integers.codes, shape), params: integers.params } }
      : { _tag: "Dense", x: ctx.upload(values, shape) };
    const isMasked = training && clipped > 0 && gradientMask !== undefined;
    return {
      value,
      clipped,
      moved: (integers ? 5 : 8) * values.length,
      gradientMask: isMasked ? codes(gradientMask, shape) : undefined,
    };
  });
};
