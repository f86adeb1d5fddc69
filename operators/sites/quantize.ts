import * as E from "fp-ts/lib/Either.js";
import { problem, type RangeflowError } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Role } from "../../core/signal.ts";
import { hookPoint } from "../module/hooks.ts";
import { joined, type Module, type Scope } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { layer } from "../step/op.ts";
import { checkSite } from "./checkSite.ts";
import { ofOperand } from "./coded.ts";
import { learnableAt } from "./learnable.ts";
import { openSite } from "./rangeSite.ts";
import type { Site } from "./site.ts";
import { splitGradient } from "./splitGradient.ts";

type Open = () => Site;

/** Quantizes the activation in the forward pass. */
const quantizeActivation = (name: string, open: Open): Module =>
  layer(name, () => ({
    kind: "quantizeActivation",
    options: {},
    open: () => {
      const site = open();
      return {
        forward: function* (x, ctx) {
          const { value, pullback } = yield* site.quantize(x, ctx);
          return { y: ofOperand(value, x.shape), save: pullback };
        },
        backward: (dy, pullback, ctx) => pullback(dy, ctx),
        unsubscribe: () => site.unsubscribe(),
      };
    },
  }));

/** Quantizes the gradient in the backward pass. */
const quantizeGradient = (name: string, open: Open): Module =>
  layer(name, () => ({
    kind: "quantizeGradient",
    options: {},
    open: () => {
      const site = open();
      return {
        forward: (x) => ({ y: x, save: undefined }),
        backward: function* (dy, _saved, ctx) {
          const { value } = yield* site.quantize(dy, ctx);
          return { dx: ofOperand(value, dy.shape) };
        },
        unsubscribe: () => site.unsubscribe(),
      };
    },
  }));

/** A function that opens a site; `undefined` if there is none, or if it stays float32. */
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
  if (!scope.claim(path))
    return E.left(problem(path, "a second site of this path", "a unique name for every layer and site"));
  const learnable = learnableAt(scope, path, role, checked.right);
  return E.right(() => openSite(scope, path, role, learnable));
};

/** Modules in front of every quantizer of activations, e.g. one that keeps them within bounds. */
export const beforeActivation = hookPoint<Module>();

/** Options of `quantize`: names of sites, below the path of the scope. A tensor without a site passes unchanged. */
export interface QuantizeOptions {
  /** Site of the activation, e.g. `conv1/input`. Default: not quantized. */
  readonly activation?: string;
  /** Site of the gradient, e.g. `conv1/gradient`. Default: not quantized. */
  readonly gradient?: string;
  /**
   * Site of the second copy of the gradient, which the parameters of the preceding layer use, if the scope has one
   * (`Scope.weightGradient`). Default: none.
   */
  readonly weightGradient?: string;
}

/**
 * A layer that quantizes the activation at one site in the forward pass, and its gradient at another in the backward pass. Usually
 * placed by `quantized`. The counterpart of `torch.ao.quantization.FakeQuantize`, with integer codes, and for gradients too.
 *
 * Behind a convolution it quantizes the convolution's sums, and a static site is fused into their pass. A site whose quantizer has
 * 32 bits stays float32. If the scope has two copies of a gradient, one for the input and one for the parameters of the preceding
 * layer, each is quantized at its own site.
 *
 * @throws `RangeflowFailure` for unknown options
 * @returns a module that refuses to be built if a quantizer cannot be used at its site, or if another site has the same path
 * @example
 * const conv = conv2d("conv1", { outChannels: 16, kernel: 3 });
 * sequential(quantize({ activation: "conv1/input" }), conv, quantize({ gradient: "conv1/gradient" }));
 */
export const quantize = (options: QuantizeOptions): Module => {
  const known = { activation: true, gradient: true, weightGradient: true } as const;
  const { activation, gradient, weightGradient } = knownOptions("quantize", options, known);
  return (scope) => {
    scope.note({
      _tag: "Layer",
      path: scope.path,
      kind: "quantize",
      options: { activation, gradient, weightGradient },
      make: quantize,
      within: [],
    });
    const quantizer = weightGradient === undefined ? undefined : scope.weightGradient;
    const forward = siteAt(scope, activation, "activation");
    const forInput = siteAt(scope, gradient, "gradient");
    const forParameters = quantizer
      ? siteAt({ ...scope, quantizer }, weightGradient, "gradient")
      : E.right(undefined);
    if (E.isLeft(forward) || E.isLeft(forInput) || E.isLeft(forParameters))
      return E.left([forward, forInput, forParameters].flatMap((site) => (E.isLeft(site) ? site.left : [])));
    const modules: Module[] = activation === undefined ? [] : [...beforeActivation.hooksIn(scope)];
    if (activation !== undefined && forward.right)
      modules.push(quantizeActivation(activation, forward.right));
    const sites = { forInput: forInput.right, forParameters: forParameters.right };
    if (weightGradient !== undefined && quantizer && (sites.forInput ?? sites.forParameters))
      modules.push(splitGradient(weightGradient, sites));
    else if (gradient !== undefined && sites.forInput)
      modules.push(quantizeGradient(gradient, sites.forInput));
    return sequential(...modules)(scope);
  };
};
