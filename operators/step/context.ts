/** @file What an op knows of the step that it runs in, and what it may ask for. */
import type { Engine } from "../../core/engine.ts";
import type { Expr } from "../../core/expr.ts";
import type { PassResult, Sinks } from "../../core/pass.ts";
import type { Activation, Emit } from "../../core/signal.ts";
import type { HostTensor, Shape, Tensor } from "../../core/tensor.ts";
import type { Tape } from "./tape.ts";
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
  /** The same context with another voice. */
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

/** A class for the same reason as the tape: each layer has two of them in each step. */
class LayerContext implements Context {
  readonly step: number;
  readonly training: boolean;
  readonly losses?: NonNullable<Activation["losses"]>;
  readonly emit: Emit;
  readonly activation: Activation;
  private readonly place: Place;
  private readonly tape: Tape;

  constructor(place: Place, tape: Tape, activation: Activation, emit: Emit) {
    this.step = activation.step;
    this.training = activation.training;
    if (activation.losses) this.losses = activation.losses;
    this.emit = emit;
    this.activation = activation;
    this.place = place;
    this.tape = tape;
  }

  get target(): Activation["target"] {
    return this.activation.target;
  }

  get where(): string {
    const { path } = this.place;
    return `${path === "" ? "network" : path}, step ${this.step}`;
  }

  read(x: Expr | Tensor): Wait<HostTensor> {
    return "source" in x ? readExpr(this.place.engine, this.tape, x) : wait(this.place.engine.read(x));
  }

  emitting(emit: Emit): Context {
    return new LayerContext(this.place, this.tape, this.activation, emit);
  }

  run(x: Expr, sinks: Sinks): Wait<PassResult> {
    return this.tape.run(x, sinks);
  }

  store(x: Expr): ReturnType<Tape["store"]> {
    return this.tape.store(x);
  }

  sums(x: Expr, of: Parameters<Tape["sums"]>[1]): ReturnType<Tape["sums"]> {
    return this.tape.sums(x, of);
  }

  operand(x: Expr): ReturnType<Tape["operand"]> {
    return this.tape.operand(x);
  }

  save(x: Expr): Expr {
    return this.tape.save(x);
  }

  fork(x: Expr, readers: number): readonly Expr[] {
    return this.tape.fork(x, readers);
  }

  keepOutput(y: Expr): Expr {
    return this.tape.keepOutput(y);
  }

  readOnce(stored: Tensor): Expr {
    return this.tape.readOnce(stored);
  }

  upload(data: Float32Array, shape: Shape): Tensor {
    return this.tape.upload(data, shape);
  }
}

/** The context of a layer for one activation. */
export const contextOf = (place: Place, tape: Tape, activation: Activation, emit: Emit): Context =>
  new LayerContext(place, tape, activation, emit);
