/** @file The site of a layer's weights: quantized once a step, per tensor or with a site for each output channel. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { internal, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual, each } from "../../core/eventual.ts";
import { type Operand, ofTensor } from "../../core/pass.ts";
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import { type Codes, codes, elements, type QTensor, sizeOf, type Tensor, tensor } from "../../core/tensor.ts";
import { grid, type Quantizer } from "../../quantizers/quantizer.ts";
import { present } from "../module/kept.ts";
import type { Scope } from "../module/module.ts";
import { straightThrough } from "../module/straightThrough.ts";
import { type Learnable, learnableAt } from "./learnable.ts";
import { openSite, type Quantized } from "./rangeSite.ts";
import { transformedWeights } from "./transformedWeights.ts";
import type { WeightSite } from "./weightOperand.ts";

const float32Weights: WeightSite = {
  quantize: (x) => {
    const operand: Operand = { _tag: "Dense", x };
    return { forward: operand, backward: operand, pullback: (dw) => dw };
  },
  unsubscribe: () => {},
};

const perTensor = (scope: Scope, path: string, learnable: Learnable | undefined): WeightSite => {
  const site = openSite(scope, path, "weight", learnable);
  return {
    quantize: (w, moment, emit) =>
      after(site.quantize(ofTensor(w), moment, emit), ({ value, pullback }) => ({
        forward: value,
        backward: value,
        pullback,
      })),
    unsubscribe: () => site.unsubscribe(),
  };
};

/** The weights of one output channel, as a tensor of their own. */
const channelOf = (w: Tensor, o: number): Tensor => {
  const [, kh, kw, i] = w.shape as [number, number, number, number];
  const size = kh * kw * i;
  return tensor(elements(w).subarray(o * size, (o + 1) * size), [1, kh, kw, i]);
};

/** A channel of weights; the way back is that of all of them. */
type Channel = Omit<Quantized, "pullback">;

const codesOf = ({ value }: Channel): QTensor => {
  if (value._tag !== "Codes") throw internal("a channel of weights that is not quantized to codes");
  return value.q;
};

/** Codes of one channel with elements that can be looked at. */
const readChannel = (engine: Engine, channel: Channel): Eventual<Channel> => {
  const q = codesOf(channel);
  const { inside, made } = channel;
  return after(engine.read(q.codes), (codes): Eventual<Channel> => {
    const there: Channel = { value: { _tag: "Codes", q: { ...q, codes } }, made };
    return inside ? after(engine.read(inside), (mask) => ({ ...there, inside: mask })) : there;
  });
};

const joinedCodes = (w: Tensor, channels: readonly Channel[]): QTensor => {
  const data = new Int8Array(sizeOf(w.shape));
  const perChannel = data.length / channels.length;
  const all = channels.map(codesOf);
  all.forEach(({ codes }, o) => {
    data.set(elements(codes), o * perChannel);
  });
  const first = all[0]?.params as QParams;
  return {
    codes: codes(data, w.shape),
    params: {
      ...first,
      scale: Float32Array.from(all, ({ params }) => params.scale[0] as number),
      zeroPoint: Int32Array.from(all, ({ params }) => params.zeroPoint[0] as number),
    },
  };
};

const joinedInside = (w: Tensor, channels: readonly Channel[]): Codes | undefined => {
  if (channels.every(({ inside }) => inside === undefined)) return undefined;
  const data = new Int8Array(sizeOf(w.shape)).fill(1);
  const perChannel = data.length / channels.length;
  channels.forEach(({ inside }, o) => {
    if (inside) data.set(elements(inside), o * perChannel);
  });
  return codes(data, w.shape);
};

/** The interval of what the codes of all channels stand for; a channel of zeros takes no part, whatever its scale. */
const coveredBy = ({ codes, params }: QTensor): Range => {
  const perChannel = codes.size / params.scale.length;
  const real = Float64Array.from(elements(codes), (code, i) => {
    const o = Math.floor(i / perChannel);
    return (params.scale[o] as number) * (code - (params.zeroPoint[o] as number));
  });
  return real.reduce(({ lo, hi }: Range, x) => ({ lo: Math.min(lo, x), hi: Math.max(hi, x) }), {
    lo: 0,
    hi: 0,
  });
};

const perChannel = (scope: Scope, path: string, outChannels: number): WeightSite => {
  const { engine } = scope;
  const quantizer = scope.quantizer(path, "weight");
  const channelScope: Scope = { ...scope, quantizer: () => quantizer };
  const sites = Array.from({ length: outChannels }, (_, o) =>
    openSite(channelScope, `${path}/${o}`, "weight"),
  );

  const onOneGrid = (w: Tensor, q: QTensor): Eventual<Operand> => {
    const one = grid(quantizer, path)(coveredBy(q));
    if (E.isLeft(one)) throw new RangeflowFailure(one.left);
    return after(engine.run(ofTensor(w), { quantize: { params: one.right } }), (result) => ({
      _tag: "Codes",
      q: { codes: present(result.codes, "the codes"), params: one.right },
    }));
  };

  return {
    quantize: (weights, moment, emit) =>
      after(engine.read(weights), (w) => {
        const channels: Channel[] = [];
        const all = each(sites, (site, o) =>
          after(site.quantize(ofTensor(channelOf(w, o)), moment, emit), (channel) =>
            after(readChannel(engine, channel), (there) => void channels.push(there)),
          ),
        );
        return after(all, () => {
          const q = joinedCodes(w, channels);
          return after(onOneGrid(w, q), (backward) => ({
            forward: { _tag: "Codes", q },
            backward,
            pullback: straightThrough(joinedInside(w, channels)),
          }));
        });
      }),
    unsubscribe: () => {
      for (const site of sites) site.unsubscribe();
    },
  };
};

/** What a weight site must know of its layer. */
export interface WeightLayer {
  readonly outChannels: number;
  /** Output channels times the kernel positions that share them. */
  readonly outputs: number;
}

/**
 * The weight site of a layer, for weights that are there: what it learns is made now, when the network is built.
 *
 * @returns opens the site
 */
export const weightSite = (
  scope: Scope,
  path: string,
  quantizer: Quantizer,
  { outChannels, outputs }: WeightLayer,
): (() => WeightSite) => {
  const { bits, granularity, transform } = quantizer;
  if (transform) return transformedWeights(scope, path, quantizer, transform, outputs);
  if (bits === 32) return () => float32Weights;
  if (granularity === "channel") return () => perChannel(scope, path, outChannels);
  const learnable = learnableAt(scope, path, "weight", quantizer);
  return () => perTensor(scope, path, learnable);
};
