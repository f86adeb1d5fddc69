/**
 * @file The tape of one layer in one step: who owns the tensors that the layer makes, and when their memory serves others.
 *
 * A layer asks its tape for passes and never frees anything. The tape notes what they leave behind, and adds it as a `Release` stage to
 * the gradient of the layer's input: once that gradient has been computed, everybody who could still read it has been there. What a layer
 * reads more than once is written to memory by the first pass that reads it (`Keep`), which takes no pass of its own. This is the only file
 * that puts those two stages into expressions.
 *
 *     made in forward or backward      freed once dx has been computed
 *     `keepOutput`                     freed once dy has been computed, when everybody behind the layer is done
 *     `readOnce`                       freed by the pass that reads it
 *     gradients of parameters          live to the end of the step, for the optimizer
 */
import type { Engine } from "../../core/engine.ts";
import { internal, problem, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual, isPromise } from "../../core/eventual.ts";
import {
  channelsOf,
  type Expr,
  type Intermediate,
  ofTensor,
  releasedBy,
  settled,
  staged,
  tensorOf,
} from "../../core/expr.ts";
import type { ChannelSums, PassResult, Sinks } from "../../core/pass.ts";
import type { Operand } from "../../core/product.ts";
import type { Shape, Tensor } from "../../core/tensor.ts";
import { type Wait, wait } from "./task.ts";

/** A result that was asked for, and is there. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw internal(`the engine left out ${what}`);
  return value;
};

/** Whether a tensor is in memory, so that it takes no pass to have it there. */
export const isStored = (x: Expr): boolean => settled(x) !== undefined;

/**
 * Whether a tensor, once computed, is only read from memory and taken through stages: no product or window is behind it then, and
 * nothing that is released. Such a tensor is read again rather than kept.
 */
export const isCheap = ({ source, stages }: Expr): boolean => {
  const last = stages.findLastIndex(({ _tag }) => _tag === "Keep");
  return (
    (last >= 0 || source._tag === "Dense" || source._tag === "Codes") &&
    stages
      .slice(last + 1)
      .every((stage) => ("other" in stage ? isCheap(stage.other) : stage._tag !== "Release"))
  );
};

/** Whether writing a tensor to memory makes one that nobody else owns: there is none yet, and none that a slot will hold. */
const isNew = (x: Expr): boolean => settled(x) === undefined && x.stages.at(-1)?._tag !== "Keep";

const releasing = (x: Expr, released: readonly Intermediate[]): Expr =>
  released.length > 0 ? staged({ _tag: "Release", released })(x) : x;

const areReleases = ({ stages }: Expr): boolean => stages.every(({ _tag }) => _tag === "Release");

/** Whether an expression is a tensor or codes in memory, and nothing that is still to be computed. */
const isInMemory = (x: Expr): boolean => isStored(x) || (x.source._tag === "Codes" && areReleases(x));

/** Calls that a layer may make to its tape. Expressions that the tape gives back take the place of those that it was given. */
export interface Tape {
  /**
   * Runs a pass. With `store` the tensor is always among the results, also where it was in memory before, and takes no pass if
   * nothing else is asked for.
   */
  readonly run: (x: Expr, sinks: Sinks) => Wait<PassResult>;
  /** The tensor in memory: written there by a pass unless it is. */
  readonly store: (x: Expr) => Wait<Tensor>;
  /** Sums over all positions, by channel: one pass, and the numbers once they have come back from a device. */
  readonly sums: (x: Expr, of: NonNullable<Sinks["channelSums"]>) => Wait<ChannelSums>;
  /** One side of a product: codes as they are, all else as float32 in memory. */
  readonly operand: (x: Expr) => Wait<Operand>;
  /** An expression that may be read any number of times, here and in the backward pass. In evaluation it is the expression itself. */
  readonly save: (x: Expr) => Expr;
  /** The same expression for several readers, in training and in evaluation. */
  readonly fork: (x: Expr, readers: number) => readonly Expr[];
  /** The layer's output, in memory from the first pass on that reads it, for several readers behind the layer. */
  readonly keepOutput: (y: Expr) => Expr;
  /** A tensor that a pass of this layer has stored, for the one pass that still needs it. */
  readonly readOnce: (stored: Tensor) => Expr;
  /** A tensor of numbers from the host. One that is uploaded in the backward pass lives to the end of the step. */
  readonly upload: (data: Float32Array, shape: Shape) => Tensor;
}

/** A tape, and what the framework does with it. */
export interface OwnTape extends Tape {
  /** The gradient of the output as the backward pass may read it: as often as it likes where it is in memory. */
  readonly receive: (dy: Expr) => Expr;
  /** A gradient of a parameter, in memory and out of the tape's hands. */
  readonly give: (gradient: Expr) => Wait<Tensor>;
  /** The gradient of the input, after which nobody needs anything more of what the layer has made. */
  readonly close: (dx: Expr) => Expr;
  /** The same for two copies of that gradient, for the input and for the parameters of the layer in front. */
  readonly closeBoth: (dx: Expr, forParameters: Expr) => readonly [Expr, Expr];
}

const notAround = ({ length }: Float32Array, channels: number): RangeflowFailure =>
  new RangeflowFailure(
    problem("ctx.sums", `sums around ${length} numbers`, `one for each of ${channels} channels`),
  );

const storedIn = ({ stored }: PassResult): Tensor => present(stored, "the stored tensor");

const denseIn = (result: PassResult): Operand => ({ _tag: "Dense", x: storedIn(result) });

const sumsIn = ({ channelSums }: PassResult): Eventual<ChannelSums> => present(channelSums, "channel sums");

/** The tape of a layer and step. A class, since a network opens one for each of its layers in each step: methods cost nothing there. */
export class LayerTape implements OwnTape {
  readonly training: boolean;
  protected readonly engine: Engine;
  /** Path of the layer, empty where it has none. */
  protected readonly path: string;
  /** Tensors to free once the gradient of the input has been computed. */
  private untilInput: Intermediate[] = [];
  /** Tensors to free once the gradient of the output has been computed. */
  private readonly untilOutput: Intermediate[] = [];
  private isBackward = false;

  constructor(engine: Engine, training: boolean, path = "") {
    this.engine = engine;
    this.path = path;
    this.training = training;
  }

  run(x: Expr, sinks: Sinks): Wait<PassResult> {
    return wait(this.pass(x, sinks));
  }

  store(x: Expr): Wait<Tensor> {
    return wait(after(this.pass(x, { store: true }), storedIn));
  }

  sums(x: Expr, channelSums: NonNullable<Sinks["channelSums"]>): Wait<ChannelSums> {
    if (channelSums.around.length !== channelsOf(x)) throw notAround(channelSums.around, channelsOf(x));
    return wait(after(this.pass(x, { channelSums }), sumsIn));
  }

  operand(x: Expr): Wait<Operand> {
    const { source } = x;
    if (source._tag !== "Codes" || !areReleases(x))
      return wait(after(this.pass(x, { store: true }), denseIn));
    this.untilInput.push(...releasedBy(x));
    return wait<Operand>(source);
  }

  save(x: Expr): Expr {
    return this.training ? this.reusable(x) : x;
  }

  fork(x: Expr, readers: number): readonly Expr[] {
    return new Array<Expr>(readers).fill(this.reusable(x));
  }

  keepOutput(y: Expr): Expr {
    return this.keep(y, this.untilOutput);
  }

  readOnce(stored: Tensor): Expr {
    const at = this.untilInput.indexOf(stored);
    if (at < 0) return ofTensor(stored);
    this.untilInput.splice(at, 1);
    return releasing(ofTensor(stored), [stored]);
  }

  upload(data: Float32Array, shape: Shape): Tensor {
    const tensor = this.engine.upload(data, shape);
    if (!this.isBackward) this.untilInput.push(tensor);
    return tensor;
  }

  receive(dy: Expr): Expr {
    this.isBackward = true;
    return this.hold(releasing(dy, this.untilOutput), this.untilInput);
  }

  give(gradient: Expr): Wait<Tensor> {
    const stored = settled(gradient);
    if (stored === undefined)
      return wait(after(this.engine.run(gradient, this.named({ store: true })), storedIn));
    this.untilInput = this.untilInput.filter((released) => tensorOf(released) !== stored);
    return wait(stored);
  }

  close(dx: Expr): Expr {
    return releasing(dx, this.untilInput.slice());
  }

  // The layer in front reads one copy after the other. One that is codes or in memory hands its releases on; any other one would carry
  // them out when it is computed, perhaps before the other has been read.
  closeBoth(dx: Expr, forParameters: Expr): readonly [Expr, Expr] {
    return isInMemory(dx) ? [this.close(dx), forParameters] : [dx, this.close(forParameters)];
  }

  /** A tensor in memory without what reading it would release, which is the tape's from now on; any other one as it is. */
  private hold(x: Expr, owned: Intermediate[]): Expr {
    const tensor = settled(x);
    const released = tensor ? releasedBy(x) : [];
    if (tensor === undefined || released.length === 0) return x;
    owned.push(...released);
    return ofTensor(tensor);
  }

  /** The same expression, in memory from the first pass on that reads it. */
  private keep(x: Expr, owned: Intermediate[]): Expr {
    if (isStored(x)) return this.hold(x, owned);
    const slot = {};
    owned.push(slot);
    return staged({ _tag: "Keep", slot })(x);
  }

  private reusable(x: Expr): Expr {
    return isCheap(x) ? x : this.keep(x, this.untilInput);
  }

  /** Sinks with the path of the layer, unless they name a site of it. */
  private named(sinks: Sinks): Sinks {
    return this.path === "" || sinks.path !== undefined ? sinks : { ...sinks, path: this.path };
  }

  /** Runs a pass, or less where the tensor is in memory already. */
  private pass(x: Expr, sinks: Sinks): Eventual<PassResult> {
    const stored = sinks.store ? settled(x) : undefined;
    if (stored) return this.passOver(stored, x, sinks);
    const isOwn = isNew(x);
    const result = this.engine.run(x, this.named(sinks));
    return isPromise(result) ? result.then((later) => this.noted(later, isOwn)) : this.noted(result, isOwn);
  }

  /** A pass that also gives the tensor, which is in memory already. */
  private passOver(stored: Tensor, x: Expr, { store: _, ...sinks }: Sinks): Eventual<PassResult> {
    const held = this.hold(x, this.untilInput);
    const isMore = sinks.quantize || sinks.observe || sinks.channelSums;
    return isMore ? after(this.pass(held, sinks), (result) => ({ ...result, stored })) : { stored };
  }

  /** Notes what a pass has made as the tape's; what it has stored, too, unless a slot holds it. */
  private noted(result: PassResult, isOwn: boolean): PassResult {
    const { stored, codes, gradientMask } = result;
    if (stored && isOwn) this.untilInput.push(stored);
    if (codes) this.untilInput.push(codes);
    if (gradientMask) this.untilInput.push(gradientMask);
    return result;
  }
}

/** Opens a tape: for a layer that runs on an engine, in training or in evaluation. */
export const openTape = (engine: Engine, training: boolean): OwnTape => new LayerTape(engine, training);
