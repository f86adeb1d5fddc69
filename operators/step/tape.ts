/**
 * @file The tape of a layer in a step: it owns the tensors that the layer makes, and decides when their memory is reused.
 *
 * A layer requests passes from its tape and never frees anything. The tape records the results, and adds them as a `Release` stage
 * to the gradient of the layer's input: once that gradient has been computed, nothing can read them any more. A tensor that a layer
 * reads more than once is written to memory by the first pass that reads it (`Keep`), which costs no pass of its own. Only this
 * file puts these two stages into expressions.
 *
 *     made in forward or backward      freed once dx has been computed
 *     `keepOutput`                     freed once dy has been computed, when all layers behind are done
 *     `readOnce`                       freed by the pass that reads it
 *     gradients of parameters          live to the end of the step, for the optimizer
 */
import type { PowersOfE } from "../../core/elementary/exp.ts";
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
import type { BlockRounding, QuantizedBlocks } from "../../core/integerBlocks.ts";
import type { ChannelSums, PassResult, Sinks } from "../../core/pass.ts";
import type { Operand } from "../../core/product.ts";
import type { Shape, Tensor } from "../../core/tensor.ts";
import { type Wait, wait } from "./task.ts";

/** A requested result, which must exist. */
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw internal(`the engine left out ${what}`);
  return value;
};

/** Whether a tensor is in memory, so that storing it takes no pass. */
export const isStored = (x: Expr): boolean => settled(x) !== undefined;

/**
 * Whether computing a tensor only reads memory and applies stages: no product or window, and nothing released. Such a tensor is
 * read again rather than kept.
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

/** Whether storing a tensor creates one without an owner: it is not in memory, and no slot will hold it. */
const isNew = (x: Expr): boolean => settled(x) === undefined && x.stages.at(-1)?._tag !== "Keep";

const releasing = (x: Expr, released: readonly Intermediate[]): Expr =>
  released.length > 0 ? staged({ _tag: "Release", released })(x) : x;

const areReleases = ({ stages }: Expr): boolean => stages.every(({ _tag }) => _tag === "Release");

/** Whether an expression is a tensor or codes in memory, with nothing left to compute. */
const isInMemory = (x: Expr): boolean => isStored(x) || (x.source._tag === "Codes" && areReleases(x));

/** The operations of a layer on its tape. Use the returned expressions in place of those passed in. */
export interface Tape {
  /**
   * Runs a pass. With `store`, the tensor is always among the results. If it was in memory before and nothing else is requested, no
   * pass runs.
   */
  readonly run: (x: Expr, sinks: Sinks) => Wait<PassResult>;
  /** The tensor in memory; a pass writes it there if necessary. */
  readonly store: (x: Expr) => Wait<Tensor>;
  /** Sums over all positions, per channel: one pass, and the numbers once a device has returned them. */
  readonly sums: (x: Expr, of: NonNullable<Sinks["channelSums"]>) => Wait<ChannelSums>;
  /** An operand of a product: codes as they are, anything else as float32 in memory. */
  readonly operand: (x: Expr) => Wait<Operand>;
  /** An expression that may be read any number of times, in this pass and the backward pass. In evaluation, the expression itself. */
  readonly save: (x: Expr) => Expr;
  /** The same expression for several readers, in training and in evaluation. */
  readonly fork: (x: Expr, readers: number) => readonly Expr[];
  /** The layer's output for several readers behind the layer; the first pass that reads it stores it. */
  readonly keepOutput: (y: Expr) => Expr;
  /** A tensor that a pass of this layer has stored, for the last pass that needs it. */
  readonly readOnce: (stored: Tensor) => Expr;
  /** A stored tensor as integers in blocks. */
  readonly inBlocks: (stored: Tensor, how: BlockRounding) => Wait<QuantizedBlocks>;
  /** Replaces numbers of the host by their powers of e, with the bits of `exp` of `rangeflow/core`. */
  readonly exp: PowersOfE;
  /** A tensor with numbers from the host. If uploaded in the backward pass, it lives to the end of the step. */
  readonly upload: (data: Float32Array, shape: Shape) => Tensor;
}

/** A tape with the operations of the framework. */
export interface OwnTape extends Tape {
  /** The gradient of the output, as the backward pass may read it: any number of times if it is in memory. */
  readonly receive: (dy: Expr) => Expr;
  /** A gradient of a parameter, in memory and no longer owned by the tape. */
  readonly give: (gradient: Expr) => Wait<Tensor>;
  /** The gradient of the input, after which the layer's tensors are no longer needed. */
  readonly close: (dx: Expr) => Expr;
  /** The same for two copies of that gradient, for the input and the parameters of the preceding layer. */
  readonly closeBoth: (dx: Expr, forParameters: Expr) => readonly [Expr, Expr];
}

const notAround = ({ length }: Float32Array, channels: number): RangeflowFailure =>
  new RangeflowFailure(
    problem("ctx.sums", `sums around ${length} numbers`, `one for each of ${channels} channels`),
  );

const storedIn = ({ stored }: PassResult): Tensor => present(stored, "the stored tensor");

const denseIn = (result: PassResult): Operand => ({ _tag: "Dense", x: storedIn(result) });

const sumsIn = ({ channelSums }: PassResult): Eventual<ChannelSums> => present(channelSums, "channel sums");

/** The tape of a layer and step. A class, because a network opens one per layer and step, and methods cost nothing. */
export class LayerTape implements OwnTape {
  readonly training: boolean;
  protected readonly engine: Engine;
  /** Path of the layer; empty if it has none. */
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
    const isReady = source._tag === "Codes" || (source._tag === "Dense" && source.blocks !== undefined);
    if (!isReady || !areReleases(x)) return wait(after(this.pass(x, { store: true }), denseIn));
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

  inBlocks(stored: Tensor, how: BlockRounding): Wait<QuantizedBlocks> {
    return wait(
      after(this.engine.inBlocks(stored, how), (made) => {
        this.untilInput.push(...made.memory);
        return made;
      }),
    );
  }

  exp(x: Float64Array): void {
    this.engine.exp(x);
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

  // The preceding layer reads one copy after the other. A copy that is codes or in memory passes its releases on; any other would
  // execute them when it is computed, perhaps before the other copy has been read.
  closeBoth(dx: Expr, forParameters: Expr): readonly [Expr, Expr] {
    return isInMemory(dx) ? [this.close(dx), forParameters] : [dx, this.close(forParameters)];
  }

  /** A tensor in memory without the releases of reading it, which the tape takes over; any other expression unchanged. */
  private hold(x: Expr, owned: Intermediate[]): Expr {
    const tensor = settled(x);
    const released = tensor ? releasedBy(x) : [];
    if (tensor === undefined || released.length === 0) return x;
    owned.push(...released);
    const { source } = x;
    return source._tag === "Dense" && source.x === tensor ? { ...x, stages: [] } : ofTensor(tensor);
  }

  /** The same expression, stored by the first pass that reads it. */
  private keep(x: Expr, owned: Intermediate[]): Expr {
    if (isStored(x)) return this.hold(x, owned);
    const slot = {};
    owned.push(slot);
    return staged({ _tag: "Keep", slot })(x);
  }

  private reusable(x: Expr): Expr {
    return isCheap(x) ? x : this.keep(x, this.untilInput);
  }

  /** Sinks with the path of the layer, unless they name one of its sites. */
  private named(sinks: Sinks): Sinks {
    return this.path === "" || sinks.path !== undefined ? sinks : { ...sinks, path: this.path };
  }

  /** Runs a pass, or less if the tensor is already in memory. */
  private pass(x: Expr, sinks: Sinks): Eventual<PassResult> {
    const stored = sinks.store ? settled(x) : undefined;
    if (stored) return this.passOver(stored, x, sinks);
    const isOwn = isNew(x);
    const result = this.engine.run(x, this.named(sinks));
    return isPromise(result) ? result.then((later) => this.noted(later, isOwn)) : this.noted(result, isOwn);
  }

  /** A pass that also returns the tensor, which is already in memory. */
  private passOver(stored: Tensor, x: Expr, { store: _, ...sinks }: Sinks): Eventual<PassResult> {
    const held = this.hold(x, this.untilInput);
    const isMore = sinks.quantize || sinks.observe || sinks.channelSums;
    return isMore ? after(this.pass(held, sinks), (result) => ({ ...result, stored })) : { stored };
  }

  /** Records the results of a pass as owned by the tape; what it stored as well, unless a slot holds it. */
  private noted(result: PassResult, isOwn: boolean): PassResult {
    const { stored, codes, gradientMask } = result;
    if (stored && isOwn) this.untilInput.push(stored);
    if (codes) this.untilInput.push(codes);
    if (gradientMask) this.untilInput.push(gradientMask);
    return result;
  }
}

/** Opens a tape for a layer on an engine, in training or evaluation. */
export const openTape = (engine: Engine, training: boolean): OwnTape => new LayerTape(engine, training);
