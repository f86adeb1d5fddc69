import type { Engine } from "../../core/engine.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Parameter } from "../../core/signal.ts";
import { elements, type Tensor } from "../../core/tensor.ts";
import type { Scope } from "../module/module.ts";

/** Changes one parameter in place, at this rate. */
export type Updater = (gradient: Tensor, rate: number, step: number) => Eventual<void>;

/** How the parameters of a network are updated: makes what must be remembered of one of them, and its updater. */
export type UpdateRule = (scope: Scope, parameter: Parameter, weightDecay: number) => Updater;

/** Updates a parameter on the host, whatever the engine: `update` changes the elements of `value` in place, given those of its gradient. */
export const updatedOnHost = (
  engine: Engine,
  value: Tensor,
  gradient: Tensor,
  update: (value: Float32Array, gradient: Float32Array) => void,
): Eventual<void> =>
  after(engine.read(gradient), (read) =>
    after(engine.read(value), (host) => {
      const values = elements(host);
      update(values, elements(read));
      return engine.write(value, values);
    }),
  );
