/**
 * @file Checks of a batch before anything is computed from it.
 *
 * A batch is checked twice, without looking at its pixels: `beginStep` checks that its arrays match its shape, and a built network
 * checks that it was built for such batches.
 */
import * as E from "fp-ts/lib/Either.js";
import { describe, type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import type { Activation } from "../../core/signal.ts";
import type { Target } from "../../core/target.ts";
import { type Shape, sameShape, shapeText, sizeOf } from "../../core/tensor.ts";
import { type Openable, onActivation } from "./layer.ts";
import type { Admission, Built, Module, Scope } from "./module.ts";
import { trialScope } from "./trialScope.ts";

/** Number of samples in a target; `undefined` for a value that is not a target. */
const samplesIn = (target: Target | undefined): number | undefined =>
  target instanceof Int32Array ? target.length : target?.shape?.[0];

/** Whether a shape has four positive integer sides. */
const isBatchShape = (shape: Shape): boolean => shape?.length === 4 && [...shape].every(isPositiveInteger);

/** Images [N, H, W, C] and their targets. */
interface Images {
  readonly x: Float32Array;
  readonly target: Target;
  readonly shape: Shape;
}

const wrongBatch = ({ x, target, shape }: Images): readonly [found: string, expected: string] | undefined => {
  if (!(x instanceof Float32Array))
    return [`images in ${Object.prototype.toString.call(x).slice(8, -1)}`, "a Float32Array"];
  if (!isBatchShape(shape))
    return [
      `a shape of ${Array.isArray(shape) ? shapeText(shape) : String(shape)}`,
      "images, height, width and channels, each a positive integer",
    ];
  if (x.length !== sizeOf(shape))
    return [`${x.length} numbers for images of ${shapeText(shape)}`, `${sizeOf(shape)}`];
  const samples = samplesIn(target);
  if (samples === undefined)
    return ["a target that is neither labels nor a tensor", "an Int32Array of labels or a tensor"];
  return samples === shape[0]
    ? undefined
    : [`a target for ${samples} of ${shape[0]} images`, "one for each image"];
};

/**
 * Checks that the parts of a batch match each other.
 *
 * @throws `RangeflowFailure` naming the step
 */
export const checkImages = (images: Images, step: number): void => {
  const wrong = wrongBatch(images);
  if (wrong) throw new RangeflowFailure(problem(`batch, step ${step}`, ...wrong));
};

/**
 * The check of batches whose image shape differs from the one the network was built for. They are accepted if the network, built
 * for them, would have the same parameters.
 */
const admissionOf = (module: Module, scope: Scope, shape: Shape): Admission => {
  const images = `images of ${shapeText(shape)}`;
  const expected = `images of ${shapeText(scope.shape)}, which the network was built for`;
  const hint = "build it in a scope with the shape of the data";
  const refusing =
    (where: string, found: string, instead: string): Admission =>
    ({ step }) =>
      problem(where === "" ? `batch, step ${step}` : `${where}, step ${step}`, found, instead, hint);
  const inner = trialScope({ ...scope, shape });
  const trial = module(inner);
  if (E.isLeft(trial)) {
    const [first] = trial.left;
    return refusing("", `${images} (${first && describe(first).replace(/\.$/, "")})`, expected);
  }
  for (const { path, value } of inner.parameters.list()) {
    const known = scope.parameters.find(path)?.value.shape;
    if (known && !sameShape(known, value.shape))
      return refusing(
        path,
        `${images}, for which it would be ${shapeText(value.shape)}`,
        `${expected} and for which it is ${shapeText(known)}`,
      );
  }
  return trial.right.admits ?? (() => undefined);
};

/**
 * A layer in front of a network that refuses unsuitable batches before anything is computed: images that it could not have been
 * built for, and everything that its modules refuse (`Built.admits`).
 */
export const admitting = (module: Module, scope: Scope, { admits = () => undefined }: Built): Openable => {
  const known: { readonly shape: Shape; readonly admits: Admission }[] = [{ shape: scope.shape, admits }];
  const sidesOf = ({ x }: Activation): Shape => x.shape.slice(1);
  const admissionFor = (shape: Shape): Admission => {
    const found = known.find((one) => sameShape(one.shape, shape));
    if (found) return found.admits;
    const admission = admissionOf(module, scope, shape);
    known.push({ shape, admits: admission });
    return admission;
  };
  return onActivation((activation) => {
    const refusal: Problem | undefined = admissionFor(sidesOf(activation))(activation);
    if (refusal) throw new RangeflowFailure(refusal);
    return activation;
  });
};
