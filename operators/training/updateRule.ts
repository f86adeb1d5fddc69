import type { Eventual } from "../../core/eventual.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Scope } from "../module/module.ts";

/** Changes one parameter in place, at this rate. */
export type Updater = (gradient: Tensor, rate: number, step: number) => Eventual<void>;

/** How the parameters of a network are updated: makes what must be remembered of one of them, and its updater. */
export type UpdateRule = (scope: Scope, parameter: Parameter, weightDecay: number) => Updater;
