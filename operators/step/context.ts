/** @file What an op knows of the step that it runs in, and what it may ask for. */
import type { Engine } from "../../core/engine.ts";
import type { Expr } from "../../core/expr.ts";
import type { Activation, Emit } from "../../core/signal.ts";
import type { HostTensor, Tensor } from "../../core/tensor.ts";
import { LayerTape, type Tape } from "./tape.ts";
import { type Task, type Wait, wait } from "./task.ts";

/** The step of a layer: what is known of it, passes on the layer's tape, and a voice. */
export interface Context extends Tape, Pick<Activation, "step" | "training" | "losses" | "target"> {
  /** Path of the layer and the step, such as `conv1, step 7`, for errors. */
  readonly where: string;
  /** The tensor in memory, where its elements can be looked at: computed, and read from its device. */
  readonly read: (x: Expr | Tensor) => Wait<HostTensor>;
  /** Says something: a signal that goes to the end of the network. */
  readonly emit: Emit;
  /** The activation that came in, for ops that send it through other layers. */
  readonly activation: Activation;
  /** A copy of the context whose signals go elsewhere. */
  readonly emitting: (emit: Emit) => Context;
}

/** Place where a layer runs. */
interface Place {
  readonly engine: Engine;
  /** Empty for a layer without a path. */
  readonly path: string;
}

function* readExpr(engine: Engine, tape: Tape, x: Expr): Task<HostTensor> {
  return yield* wait(engine.read(yield* tape.store(x)));
}

/**
 * A tape that is the context of its layer, too: one object a layer and step, for both ways. The way back has a voice of its own, which
 * takes the place of `emit`.
 */
export class LayerContext extends LayerTape implements Context {
  readonly step: number;
  readonly losses?: NonNullable<Activation["losses"]>;
  readonly activation: Activation;
  emit: Emit;

  constructor({ engine, path }: Place, activation: Activation, emit: Emit) {
    super(engine, activation.training, path);
    this.step = activation.step;
    if (activation.losses) this.losses = activation.losses;
    this.activation = activation;
    this.emit = emit;
  }

  get target(): Activation["target"] {
    return this.activation.target;
  }

  get where(): string {
    return `${this.path === "" ? "network" : this.path}, step ${this.step}`;
  }

  read(x: Expr | Tensor): Wait<HostTensor> {
    return "source" in x ? readExpr(this.engine, this, x) : wait(this.engine.read(x));
  }

  // The same object seen with another `emit`: what it takes notes of stays its own.
  emitting(emit: Emit): Context {
    return Object.create(this, { emit: { value: emit } }) as Context;
  }
}
