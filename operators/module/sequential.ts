import * as E from "fp-ts/lib/Either.js";
import type { RangeflowError } from "../../core/errors.ts";
import type { Shape } from "../../core/tensor.ts";
import { chained, type Openable } from "./layer.ts";
import { type Admission, buildModule, type Module, type Scope } from "./module.ts";
import { noted } from "./noted.ts";
import { trialScope } from "./trialScope.ts";

/**
 * Output shape of a module that was refused, as if nothing were quantized and every name free; `undefined` if that cannot be built
 * either.
 */
const shapeBehind = (module: Module, scope: Scope): Shape | undefined => {
  const trial = buildModule(module, trialScope(scope), "it");
  return E.isRight(trial) ? trial.right.shape : undefined;
};

/** The first refusal of several modules. */
const admittedByAll =
  (admissions: readonly Admission[]): Admission =>
  (batch) => {
    for (const admits of admissions) {
      const refusal = admits(batch);
      if (refusal) return refusal;
    }
    return undefined;
  };

/**
 * Modules in a row, as `torch.nn.Sequential`: each is built for the output shape of the one before.
 *
 * @returns a module that lists the errors of all its modules, up to the first whose output shape cannot be determined
 * @example
 * const network = sequential(conv2d("conv1", { outChannels: 8, kernel: 5 }), relu(), maxPool({ size: 2 }));
 * build(network, scopeFor({ engine: reference(), shape: [28, 28, 1] })).shape; // [12, 12, 8]
 */
export const sequential =
  (...modules: readonly Module[]): Module =>
  (scope) => {
    const layers: Openable[] = [];
    const admissions: Admission[] = [];
    const errors: RangeflowError[] = [];
    let shape: Shape | undefined = scope.shape;
    for (const [i, module] of modules.entries()) {
      const inner: Scope = { ...scope, shape };
      const what = `module ${i + 1} of sequential`;
      const built = noted(module, inner, (scope) => buildModule(module, scope, what));
      if (E.isRight(built)) {
        layers.push(built.right);
        if (built.right.admits) admissions.push(built.right.admits);
      } else errors.push(...built.left);
      shape = E.isRight(built) ? built.right.shape : shapeBehind(module, inner);
      if (shape === undefined) return E.left(errors);
    }
    if (errors.length > 0) return E.left(errors);
    const admits = admissions.length > 0 ? { admits: admittedByAll(admissions) } : {};
    return E.right({ ...chained(layers), shape, ...admits });
  };
