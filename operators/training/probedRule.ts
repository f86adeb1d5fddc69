import { expectSync } from "../../core/eventual.ts";
import { elements, type Shape, sizeOf } from "../../core/tensor.ts";
import type { Scope } from "../module/module.ts";
import { parameterStore } from "../module/parameters.ts";
import { probed, probeNumbers } from "../module/probe.ts";
import { drive } from "../step/task.ts";
import type { UpdateRule } from "./updateRule.ts";

/** Number of updates of a probe: more than the five batches after which `blaq` takes back a step. */
const updates = 8;

/** A parameter and its state after some updates with fixed gradients. */
const updated = (
  scope: Scope,
  rule: UpdateRule,
  weightDecay: number,
  kind: "weight" | "bias",
  shape: Shape,
): readonly unknown[] => {
  const { engine } = scope;
  const parameters = parameterStore(engine);
  const size = sizeOf(shape);
  const parameter = parameters.create("probe", kind, shape, (value) => value.set(probeNumbers(size)));
  const update = rule({ ...scope, parameters, note: () => {} }, parameter, weightDecay);
  for (let step = 0; step < updates; step++)
    expectSync(drive(update(engine.upload(probeNumbers(size, size * (step + 1)), shape), 0.125, step)));
  return parameters.list().map(({ value }) => elements(expectSync(engine.read(value))).slice());
};

/** Fingerprint of a rule: its effect on a small weight and a small bias, on the engine of a scope. */
export const probedRule = (scope: Scope, rule: UpdateRule, weightDecay: number): readonly unknown[] =>
  [
    probed(() => updated(scope, rule, weightDecay, "weight", [2, 1, 1, 3])),
    probed(() => updated(scope, rule, weightDecay, "bias", [3])),
  ].flat();
