/** @file The site of weights with a range per output channel, made of one site per channel. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { internal, RangeflowFailure } from "../../core/errors.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import type { Parameter } from "../../core/signal.ts";
import {
  type Codes,
  codes,
  elements,
  type HostCodes,
  type HostTensor,
  type QTensor,
  sizeOf,
  type Tensor,
  tensor,
} from "../../core/tensor.ts";
import { uniformGrid } from "../../quantizers/grids/uniform.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import type { Backward } from "../step/op.ts";
import { present } from "../step/tape.ts";
import { resultOf, type Task, wait } from "../step/task.ts";
import { learnableAt } from "./learnable.ts";
import { openSite } from "./rangeSite.ts";
import type { Quantized } from "./site.ts";
import { straightThrough } from "./straightThrough.ts";
import type { WeightSite } from "./weightOperand.ts";

/** The weights of output channel `o` as a tensor. */
const channelOf = (w: HostTensor, o: number): Tensor => {
  const [, kh, kw, i] = w.shape as [number, number, number, number];
  const size = kh * kw * i;
  return tensor(elements(w).subarray(o * size, (o + 1) * size), [1, kh, kw, i]);
};

const codesOf = ({ value }: Quantized): QTensor => {
  if (value._tag !== "Codes") throw internal("a channel of weights that is not quantized to codes");
  return value.q;
};

/** A channel with its codes and its gradient mask in memory; without a mask, gradients pass everywhere. */
interface ReadChannel extends Pick<Quantized, "pullback"> {
  readonly codes: HostCodes;
  readonly params: QParams;
  readonly gradientMask: HostCodes | undefined;
}

function* readChannel(engine: Engine, channel: Quantized): Task<ReadChannel> {
  const { codes, params } = codesOf(channel);
  const { gradientMask, pullback } = channel;
  return {
    codes: yield* wait(engine.read(codes)),
    params,
    gradientMask: gradientMask && (yield* wait(engine.read(gradientMask))),
    pullback,
  };
}

/** The codes of all channels, in memory. */
interface JoinedCodes extends QTensor {
  readonly codes: HostCodes;
}

const joinedCodes = (w: Tensor, channels: readonly ReadChannel[]): JoinedCodes => {
  const data = new Int8Array(sizeOf(w.shape));
  const perChannel = data.length / channels.length;
  channels.forEach(({ codes }, o) => {
    data.set(elements(codes), o * perChannel);
  });
  const first = channels[0]?.params as QParams;
  return {
    codes: codes(data, w.shape),
    params: {
      ...first,
      scale: Float32Array.from(channels, ({ params }) => params.scale[0] as number),
      zeroPoint: Int32Array.from(channels, ({ params }) => params.zeroPoint[0] as number),
    },
  };
};

const joinedMask = (w: Tensor, channels: readonly ReadChannel[]): Codes | undefined => {
  if (channels.every(({ gradientMask }) => gradientMask === undefined)) return undefined;
  const data = new Int8Array(sizeOf(w.shape)).fill(1);
  const perChannel = data.length / channels.length;
  channels.forEach(({ gradientMask }, o) => {
    if (gradientMask) data.set(elements(gradientMask), o * perChannel);
  });
  return codes(data, w.shape);
};

/** Smallest interval that contains everything the codes stand for. A channel of zeros is ignored, whatever its scale. */
const coveredBy = ({ codes, params }: JoinedCodes): Range => {
  const perChannel = codes.size / params.scale.length;
  let lo = 0;
  let hi = 0;
  params.scale.forEach((scale, o) => {
    const zeroPoint = params.zeroPoint[o] as number;
    for (const code of elements(codes).subarray(o * perChannel, (o + 1) * perChannel)) {
      const x = scale * (code - zeroPoint);
      if (x < lo) lo = x;
      if (x > hi) hi = x;
    }
  });
  return { lo, hi };
};

/** Pullback of channels that each learn a range: splits the gradient into channels, and joins the results. */
function* channelwise(channels: readonly ReadChannel[], dw: Expr, ctx: Context): Task<Backward> {
  const dy = yield* ctx.read(dw);
  const joined = new Float32Array(sizeOf(dy.shape));
  const perChannel = joined.length / channels.length;
  const gradients = new Map<Parameter, Expr | Task<Expr> | undefined>();
  for (const [o, { pullback }] of channels.entries()) {
    const back = yield* resultOf(pullback(ofTensor(channelOf(dy, o)), ctx));
    for (const [parameter, gradient] of back.gradients ?? []) gradients.set(parameter, gradient);
    joined.set(elements(yield* ctx.read(back.dx)), o * perChannel);
  }
  return { dx: ofTensor(ctx.upload(joined, dy.shape)), gradients };
}

/**
 * The site of a layer's weights with a range per output channel, from an estimator or learned. A learned range has a parameter per
 * channel, `${path}/${channel}/..`, which is created at once.
 *
 * @returns a function that opens the site
 */
export const channelWeights = (
  scope: Scope,
  path: string,
  quantizer: Quantizer,
  outChannels: number,
): (() => WeightSite) => {
  const channelScope: Scope = { ...scope, quantizer: () => quantizer };
  const learnables = Array.from({ length: outChannels }, (_, o) =>
    learnableAt(scope, `${path}/${o}`, "weight", quantizer),
  );
  const isLearned = quantizer.learned !== undefined;

  /** The weights on a single grid that covers all channels. */
  function* onOneGrid(w: Tensor, q: JoinedCodes, ctx: Context): Task<Operand> {
    const one = uniformGrid(quantizer, path)(coveredBy(q));
    if (E.isLeft(one)) throw new RangeflowFailure(one.left);
    const { codes } = yield* ctx.run(ofTensor(w), { quantize: { params: one.right }, path });
    return { _tag: "Codes", q: { codes: present(codes, "the codes"), params: one.right } };
  }

  return () => {
    const sites = learnables.map((learnable, o) =>
      openSite(channelScope, `${path}/${o}`, "weight", learnable),
    );
    return {
      quantize: function* (weights, ctx) {
        const w = yield* ctx.read(weights);
        const channels: ReadChannel[] = [];
        for (const [o, site] of sites.entries())
          channels.push(
            yield* readChannel(scope.engine, yield* site.quantize(ofTensor(channelOf(w, o)), ctx)),
          );
        const q = joinedCodes(w, channels);
        return {
          forward: { _tag: "Codes", q },
          backward: yield* onOneGrid(w, q, ctx),
          pullback: isLearned
            ? (dw, ctx) => channelwise(channels, dw, ctx)
            : straightThrough(joinedMask(w, channels)),
        };
      },
      unsubscribe: () => {
        for (const site of sites) site.unsubscribe();
      },
    };
  };
};
