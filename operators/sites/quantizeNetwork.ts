import * as E from "fp-ts/lib/Either.js";
import { idleRules } from "../../quantizers/rules/idleFields.ts";
import { resolveRules } from "../../quantizers/rules/resolveRules.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import { buildModule, type Module } from "../module/module.ts";
import { layerPaths } from "./layerPaths.ts";

/**
 * Quantizes the sites of a network by rules, which replace the quantizers of the scope it is built in. Rules are resolved once,
 * when the network is built.
 *
 * @returns a module that refuses to be built if rules are invalid, match no site, or have no effect; all errors are listed at once
 * @example
 * quantizeNetwork(lenet5({ classes: 10 }), [
 *   { weight: { bits: 4 }, activation: { bits: 4 }, gradient: { bits: 4 } },
 *   { layer: "first", weight: { bits: 8 }, activation: { bits: 8 } },
 * ]);
 */
export const quantizeNetwork =
  (network: Module, rules: readonly Rule[]): Module =>
  (scope) => {
    const resolved = resolveRules(rules, { layers: () => layerPaths(network, scope) });
    if (E.isLeft(resolved)) return resolved;
    const { quantizer, weightGradient, sites } = resolved.right;
    scope.note({ _tag: "Rules", rules, sites });
    const built = buildModule(network, { ...scope, quantizer, weightGradient }, "the network");
    if (E.isLeft(built)) return built;
    const idle = idleRules(resolved.right);
    return idle.length > 0 ? E.left(idle.map((one) => one.problem)) : built;
  };
