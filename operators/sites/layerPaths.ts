import * as E from "fp-ts/lib/Either.js";
import { defaultQuantizer } from "../../quantizers/defaultQuantizer.ts";
import type { Module, Scope } from "../module/module.ts";
import { plannedParameters } from "../module/parameters.ts";

const float32 = defaultQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } });

/** Paths of the convolutions and dense layers of a network, in its order, without making its parameters; none if it cannot be built. */
export const layerPaths = (network: Module, scope: Scope): readonly string[] => {
  const paths: string[] = [];
  const planned = network({
    ...scope,
    parameters: plannedParameters(),
    quantizer: float32,
    weightGradient: undefined,
    announce: ({ path }) => {
      paths.push(path);
    },
  });
  return E.isRight(planned) ? paths : [];
};
