import * as E from "fp-ts/lib/Either.js";
import type { RangeflowError } from "../core/errors.ts";
import { after } from "../core/eventual.ts";
import { checkSite } from "./checkSite.ts";
import { ofOperand } from "./coding.ts";
import { chained, type Layer, withSites } from "./layer.ts";
import { type Learnable, learnableAt } from "./learnable.ts";
import { activationBarrier } from "./logBarrier.ts";
import { joined, type Module, type Scope } from "./module.ts";
import { openSite } from "./rangeSite.ts";
import { held, heldFor, releasing } from "./releasing.ts";

const quantizeActivation = (scope: Scope, path: string, learnable: Learnable | undefined): Layer =>
  withSites(
    () => openSite(scope, path, "activation", learnable),
    (site) => (activation, emit) =>
      after(site.quantize(activation.x, activation, emit), ({ value, pullback, made }) => ({
        ...activation,
        x: ofOperand(value, activation.x.shape),
        pullback: (dy, emitBack) =>
          after(pullback(dy, emitBack), (dx) => activation.pullback(releasing(dx, made), emitBack)),
      })),
  );

const quantizeGradient = (scope: Scope, path: string): Layer =>
  withSites(
    () => openSite(scope, path, "gradient"),
    (site) => (activation) => ({
      ...activation,
      pullback: (dyOnce, emit) => {
        const dy = held(dyOnce);
        return after(site.quantize(dy, activation, emit), ({ value, made }) =>
          activation.pullback(releasing(ofOperand(value, dy.shape), [...made, ...heldFor(dyOnce, dy)]), emit),
        );
      },
    }),
  );

/**
 * A layer that quantizes: the activation at a site on the way forward, its gradient at a site on the way back.
 *
 * Right after a convolution it quantizes the convolution's sums, and a static site fuses into its last pass. A role whose
 * bits are 32 at a site stays float32 there.
 *
 * @param activation name of the activation's site below the scope's path; none: activations pass unchanged
 * @param gradient name of the gradient's site; none: gradients pass unchanged
 * @example
 * sequential(quantize({ activation: "conv1/input" }), conv2d("conv1", options), quantize({ gradient: "conv1/gradient" }))
 */
export const quantize =
  ({ activation, gradient }: { readonly activation?: string; readonly gradient?: string }): Module =>
  (scope) => {
    const layers: Layer[] = [];
    const errors: RangeflowError[] = [];
    const add = (
      name: string | undefined,
      role: "activation" | "gradient",
      make: typeof quantizeActivation,
    ): void => {
      if (name === undefined) return;
      const path = joined(scope.path, name);
      const checked = checkSite(scope, path, role);
      if (E.isLeft(checked)) errors.push(checked.left);
      else if (checked.right.bits !== 32)
        layers.push(make(scope, path, learnableAt(scope, path, role, checked.right)));
    };
    const barrier = activation !== undefined && scope.activationBarrier;
    const bounded = barrier ? activationBarrier(barrier)(scope) : undefined;
    if (bounded && E.isRight(bounded)) layers.push(bounded.right.layer);
    add(activation, "activation", quantizeActivation);
    add(gradient, "gradient", quantizeGradient);
    return errors.length > 0 ? E.left(errors) : E.right({ layer: chained(layers), shape: scope.shape });
  };
