/** @file The reference engine: every pass as plain loops over whole tensors. Slow and simple; the oracle of the other engines. */
import ndarray from "ndarray";
import ops from "ndarray-ops";
import { powersOfE } from "../../elementary/exp.ts";
import type { Engine, Update } from "../../engine.ts";
import { internal } from "../../errors.ts";
import { channelsOf, type Expr, resumed, type Source, tensorOf } from "../../expr.ts";
import { integersInBlocks, memoryOf } from "../../integerBlocks.ts";
import { type PassResult, releasedByPass, type Sinks } from "../../pass.ts";
import { isInteger, isOverPositions, type Product } from "../../product.ts";
import {
  codes,
  elements,
  type HostTensor,
  inMemory,
  release,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../tensor.ts";
import { sums } from "./products.ts";
import { channelSums, observed, quantized } from "./sinks.ts";
import { applied } from "./stages.ts";
import { pool, subsample, supersample, unpool } from "./windows.ts";

const { fround } = Math;

const sourced = (source: Source, shape: Shape): Float32Array => {
  switch (source._tag) {
    case "Dense":
      return elements(inMemory(source.x));
    case "Codes": {
      const { codes, params } = source.q;
      const perChannel = codes.size / params.scale.length;
      const channel = (i: number): number => Math.floor(i / perChannel);
      return Float32Array.from(
        elements(inMemory(codes)),
        (code, i) => (params.scale[channel(i)] as number) * (code - (params.zeroPoint[channel(i)] as number)),
      );
    }
    case "Product":
      return Float32Array.from(sums(source.product));
    case "Sums":
      return Float32Array.from(source.sums.data as ArrayLike<number>);
    case "Pool":
      return pool(source.kind, source.window, source.x);
    case "Unpool":
      return unpool(source.kind, source.window, source.x, source.dy);
    case "Subsample":
      return subsample(source.x, shape, source.stride, source.before);
    case "Supersample":
      return supersample(source.dy, shape, source.stride, source.before);
  }
};

const nothing = new Float32Array(0);

const evaluated = (expr: Expr): Float32Array => {
  const { shape, source, stages } = resumed(expr);
  return stages.reduce(
    (x, stage) => {
      if (stage._tag === "Release") return x;
      if (stage._tag !== "Keep")
        return applied(stage, x, "other" in stage ? evaluated(stage.other) : nothing);
      stage.slot.tensor = tensor(Float32Array.from(x), shape);
      return x;
    },
    sourced(source, shape),
  );
};

const ran = (expr: Expr, sinks: Sinks): PassResult => {
  const { quantize, channelSums: summed } = sinks;
  const released = releasedByPass(expr, sinks);
  const x = evaluated(expr);
  const codesOf = quantize && quantized(x, quantize.params, quantize.noise);
  const result = {
    ...(sinks.store && { stored: tensor(Float32Array.from(x), expr.shape) }),
    ...(codesOf && { codes: codes(codesOf.codes, expr.shape), clipped: codesOf.clipped }),
    ...(codesOf && quantize.gradientMask && { gradientMask: codes(codesOf.gradientMask, expr.shape) }),
    ...(sinks.observe && { range: observed(x) }),
    ...(summed && {
      channelSums: channelSums(
        x,
        summed.of && evaluated(summed.of),
        summed.around,
        expr.shape[0] as number,
        channelsOf(expr),
      ),
    }),
  };
  for (const tensor of released.map(tensorOf)) if (tensor) release(tensor);
  return result;
};

const updated = (parameter: Tensor, velocity: Tensor, gradient: Tensor, how: Update): void => {
  const [p, v, g] = [
    elements(inMemory(parameter)),
    elements(inMemory(velocity)),
    elements(inMemory(gradient)),
  ];
  const [rate, momentum, decay] = [how.learningRate, how.momentum, how.weightDecay].map(fround) as [
    number,
    number,
    number,
  ];
  for (let i = 0; i < p.length; i++) {
    const decayed = fround((g[i] as number) + fround(decay * (p[i] as number)));
    v[i] = fround(momentum * (v[i] as number)) + decayed;
    const direction = how.nesterov ? fround(decayed + fround(momentum * (v[i] as number))) : (v[i] as number);
    p[i] = (p[i] as number) - fround(rate * direction);
  }
};

/**
 * Makes a reference engine. It has no state except counts of bytes.
 *
 * @example
 * reference().name; // "reference"
 */
export const reference = (): Engine => {
  let kept = 0;
  let step = 0;
  const allocate = (shape: Shape): HostTensor => {
    const x = tensor(new Float32Array(sizeOf(shape)), shape);
    ops.assigns(x, 0);
    kept += 4 * x.size;
    return x;
  };
  return {
    name: "reference",
    backend: "plain loops in JavaScript",
    run: ran,
    inBlocks: (x, how) => {
      const law = integersInBlocks(elements(inMemory(x)), x.shape, how);
      const made = { ...law, values: tensor(law.values, x.shape) };
      return { ...made, memory: memoryOf(made) };
    },
    exp: powersOfE,
    accumulate: (product: Product) => {
      if (!isInteger(product)) throw internal("accumulate wants a product of quantized operands");
      const data = sums(product);
      return isOverPositions(product)
        ? ndarray(data, [...product.shape])
        : ndarray(Int32Array.from(data), [...product.shape]);
    },
    allocate,
    allocateResident: (shape, fill) => {
      const x = allocate(shape);
      fill(x.data);
      return x;
    },
    upload: (data, shape) => {
      step += 4 * data.length;
      return tensor(Float32Array.from(data), shape);
    },
    read: inMemory,
    write: (x, values) => elements(inMemory(x)).set(values),
    update: updated,
    beginStep: () => {
      step = 0;
    },
    memory: () => ({ kept, step, most: Number.POSITIVE_INFINITY }),
    dispose: () => {},
  };
};
