/** @file The context of an op: what it knows about its step, and what it can request. */
import type { Engine } from "../../core/engine.ts";
import type { Expr } from "../../core/expr.ts";
import type { Activation, Emit } from "../../core/signal.ts";
import type { HostTensor, Tensor } from "../../core/tensor.ts";
import { LayerTape, type Tape } from "./tape.ts";
import { type Task, type Wait, wait } from "./task.ts";

/** Context of a layer's op in a step: the step, the passes of its tape, and `emit`. */
export interface Context extends Tape, Pick<Activation, "step" | "training" | "losses" | "target"> {
  /** Path of the layer and the step, e.g. `conv1, step 7`, for errors. */
  readonly where: string;
  /** Computes a tensor and brings it into memory, so that `elements` can read it: `const x = elements(yield* ctx.read(input))`. */
  readonly read: (x: Expr | Tensor) => Wait<HostTensor>;
  /** Emits a signal to the end of the network. */
  readonly emit: Emit;
  /** The incoming activation, for ops that send it through other layers. */
  readonly activation: Activation;
  /** A copy of the context whose signals go to another `emit`. */
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
 * A tape that is also the context of its layer: one object per layer and step, for both passes. The backward pass replaces `emit`
 * by its own.
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

  // The same object with another `emit`; both share the tape.
  emitting(emit: Emit): Context {
    return Object.create(this, { emit: { value: emit } }) as Context;
  }
}
