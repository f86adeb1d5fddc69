import * as E from "fp-ts/lib/Either.js";
import type { RangeflowError } from "../../core/errors.ts";
import { after } from "../../core/eventual.ts";
import type { Role } from "../../core/signal.ts";
import { activationBarrier } from "../losses/logBarrier.ts";
import { chained, type Openable, withSites } from "../module/layer.ts";
import { joined, type Module, type Scope } from "../module/module.ts";
import { held, heldFor, releasing } from "../module/releasing.ts";
import { checkSite } from "./checkSite.ts";
import { ofOperand } from "./coding.ts";
import { learnableAt } from "./learnable.ts";
import { openSite, type RangeSite } from "./rangeSite.ts";
import { splitGradient } from "./splitGradient.ts";

type Open = () => RangeSite;

const quantizeActivation = (open: Open, path: string): Openable =>
  withSites(
    open,
    (site) => (activation, emit) =>
      after(site.quantize(activation.x, activation, emit), ({ value, pullback, made }) => ({
        ...activation,
        x: ofOperand(value, activation.x.shape),
        pullback: (dy, emitBack) =>
          after(pullback(dy, emitBack), (dx) => activation.pullback(releasing(dx, made), emitBack)),
      })),
    path,
  );

const quantizeGradient = (open: Open, path: string): Openable =>
  withSites(
    open,
    (site) => (activation) => ({
      ...activation,
      pullback: (dyOnce, emit) => {
        const dy = held(dyOnce);
        return after(site.quantize(dy, activation, emit), ({ value, made }) =>
          activation.pullback(releasing(ofOperand(value, dy.shape), [...made, ...heldFor(dyOnce, dy)]), emit),
        );
      },
    }),
    path,
  );

/** What opens a site; nothing where there is none, or where it stays float32. */
const siteAt = (
  scope: Scope,
  name: string | undefined,
  role: Role,
): E.Either<RangeflowError, Open | undefined> => {
  if (name === undefined) return E.right(undefined);
  const path = joined(scope.path, name);
  const checked = checkSite(scope, path, role);
  if (E.isLeft(checked)) return checked;
  if (checked.right.bits === 32) return E.right(undefined);
  const learnable = learnableAt(scope, path, role, checked.right);
  return E.right(() => openSite(scope, path, role, learnable));
};

/** Names of sites below the path of a scope; what has none passes unchanged. */
export interface QuantizeOptions {
  readonly activation?: string;
  readonly gradient?: string;
  /** Of the copy of the gradient that the parameters of the layer in front get, where a scope has two copies (`Scope.weightGradient`). */
  readonly weightGradient?: string;
}

/**
 * A layer that quantizes: the activation at a site on the way forward, its gradient at a site on the way back.
 *
 * Right after a convolution it quantizes the convolution's sums, and a static site fuses into its last pass. A role whose
 * bits are 32 at a site stays float32 there. Where a scope has two copies of a gradient, the one for the input of the layer in front
 * and the one for its parameters are quantized at a site each.
 *
 * @example
 * sequential(quantize({ activation: "conv1/input" }), conv2d("conv1", options), quantize({ gradient: "conv1/gradient" }))
 */
export const quantize =
  ({ activation, gradient, weightGradient }: QuantizeOptions): Module =>
  (scope) => {
    const barrier = activation !== undefined && scope.activationBarrier;
    const bounded = barrier ? activationBarrier(barrier)(scope) : undefined;
    const layers: Openable[] = bounded && E.isRight(bounded) ? [bounded.right] : [];
    const quantizer = weightGradient === undefined ? undefined : scope.weightGradient;
    const forward = siteAt(scope, activation, "activation");
    const forInput = siteAt(scope, gradient, "gradient");
    const forParameters = quantizer
      ? siteAt({ ...scope, quantizer }, weightGradient, "gradient")
      : E.right(undefined);
    if (E.isLeft(forward) || E.isLeft(forInput) || E.isLeft(forParameters))
      return E.left([forward, forInput, forParameters].flatMap((site) => (E.isLeft(site) ? site.left : [])));
    const sites = { forInput: forInput.right, forParameters: forParameters.right };
    if (forward.right)
      layers.push(quantizeActivation(forward.right, joined(scope.path, activation as string)));
    if (quantizer && (sites.forInput ?? sites.forParameters))
      layers.push(splitGradient(joined(scope.path, weightGradient as string), sites));
    else if (sites.forInput)
      layers.push(quantizeGradient(sites.forInput, joined(scope.path, gradient as string)));
    return E.right({ ...chained(layers), shape: scope.shape });
  };
