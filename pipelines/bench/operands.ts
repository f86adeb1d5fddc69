/** @file Operands: tensors and codes that live on an engine, with the same numbers on every engine. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { internal } from "../../core/errors.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { PassResult, Sinks } from "../../core/pass.ts";
import { type QParams, schemes } from "../../core/qparams.ts";
import { branch, key, uniform } from "../../core/random.ts";
import type { Range } from "../../core/range.ts";
import type { Scheme } from "../../core/scheme.ts";
import {
  codes,
  elements,
  inMemory,
  type QTensor,
  type Shape,
  sizeOf,
  type Tensor,
} from "../../core/tensor.ts";

/** Work of a pass: what to compute, and what to store. */
export interface Work {
  readonly expr: Expr;
  readonly sinks: Sinks;
}

/** Does the work in a step of its own, on a synchronous engine. */
export const ran = (engine: Engine, { expr, sinks }: Work): PassResult => {
  engine.beginStep();
  const result = engine.run(expr, sinks);
  if ("then" in result) throw internal("the bench wants an engine that answers at once");
  return result;
};

/** The elements that a pass stores, valid until the next one. */
export const leftBehind = ({ stored, codes: found }: PassResult): Float32Array | Int8Array => {
  if (found !== undefined) return elements(inMemory(found));
  if (stored === undefined) throw internal("a pass that leaves nothing behind");
  return elements(inMemory(stored));
};

/** Range of the numbers of `filled`: not centred, and without a zero point at an end. */
export const usualRange: Range = { lo: -0.6, hi: 0.4 };

/** Uniform numbers that depend on the name only, and live as long as the engine. */
export const filled = (engine: Engine, shape: Shape, name: string): Tensor => {
  const seed = branch(key(1), name);
  const x = engine.allocate(shape);
  const data = elements(x);
  for (let i = 0; i < data.length; i++) data[i] = uniform(seed, i) + usualRange.lo;
  return x;
};

export const gridOver = (range: Range, bits: number, scheme: Scheme = "affine"): QParams => {
  const params = schemes[scheme]("bench", bits)(range);
  if (E.isLeft(params)) throw internal("the bench asks for a grid that cannot be");
  return params.right;
};

/** The codes of a tensor, stored as long as the engine lives, so that multiplying them copies nothing. */
export const keptCodes = (engine: Engine, x: Tensor, params: QParams): QTensor => {
  const count = sizeOf(x.shape);
  const { data, offset } = engine.allocate([Math.ceil(count / 4)]);
  const kept = new Int8Array(data.buffer, data.byteOffset + 4 * offset, count);
  kept.set(leftBehind(ran(engine, { expr: ofTensor(x), sinks: { quantize: { params } } })));
  return { codes: codes(kept, x.shape), params };
};
