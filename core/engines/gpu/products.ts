/** @file Integer products on a gpu.js device: cut into slices that fit, planned and compiled once per geometry, added exactly. */
import ndarray from "ndarray";
import { internal } from "../../errors.ts";
import { after, all, type Eventual } from "../../eventual.ts";
import {
  type ConvProduct,
  type Factor,
  mostTermsIn32Bits,
  type Product,
  type Sums,
  termsOf,
} from "../../product.ts";
import { type QTensor, sizeOf } from "../../tensor.ts";
import type { CompiledKernel, Device } from "./device.ts";
import { tapsPerChunk } from "./kernel.ts";
import { addPartials, centred, framed, gathered, listed, type Slice, table } from "./pack.ts";
import { type Part, type Plan, planOf, type Sides } from "./plan.ts";

const mostElements = 2 ** 23;
/** Limit of rows, below the 8 * 65535 that a WebGPU dispatch can have. */
const mostRows = 2 ** 18;

/** A part with its kernel. `bLength` is the length of `b` with its taps padded to whole chunks. */
interface Compiled {
  readonly part: Part;
  readonly bLength: number;
  readonly kernel: CompiledKernel;
}

interface Prepared {
  readonly plan: Plan;
  readonly parts: readonly Compiled[];
  /** Bytes of operands, tables and results on the device. */
  readonly bytes: number;
}

/** The operands in their roles in the plan: `a` is framed, `b` is read tap by tap. */
interface Operands {
  readonly a: QTensor;
  readonly b: QTensor;
}

const quantized = (operand: Factor): QTensor => {
  if (operand._tag !== "Codes") throw internal("a product of operands of which one is not codes");
  return operand.q;
};

const operandsOf = (product: ConvProduct): Operands => {
  switch (product._tag) {
    case "Forward":
      return { a: quantized(product.x), b: quantized(product.w) };
    case "BackwardInput":
      return { a: quantized(product.dy), b: quantized(product.w) };
    case "BackwardWeight":
      return { a: quantized(product.x), b: quantized(product.dy) };
  }
};

const sidesOf = (product: ConvProduct, { a, b }: Operands): Sides => {
  switch (product._tag) {
    case "Forward":
      return { input: a.codes.shape, output: product.shape };
    case "BackwardInput":
      return { input: product.shape, output: a.codes.shape };
    case "BackwardWeight":
      return { input: a.codes.shape, output: b.codes.shape };
  }
};

const upTo = (count: number, multiple: number): number => Math.ceil(count / multiple) * multiple;

/** Rows, chunks, and taps per chunk of a part. */
const sizesOf = ({ row, tap }: Part, { rowsPerThread }: Device) => {
  const chunks = Math.ceil(tap.length / tapsPerChunk);
  return { rows: upTo(row.length, rowsPerThread), chunks, taps: Math.ceil(tap.length / chunks) };
};

const framedLength = ({ frame }: Plan, { a }: Operands, samples: number): number =>
  samples * frame.height * frame.width * (a.codes.shape[3] as number);

const fits = (plan: Plan, operands: Operands, samples: number, device: Device): boolean =>
  framedLength(plan, operands, samples) <= mostElements &&
  plan.parts.every((part) => {
    const { rows, chunks, taps } = sizesOf(part, device);
    const columns = part.column.length;
    return (
      rows <= mostRows && rows * columns * chunks <= mostElements && chunks * taps * columns <= mostElements
    );
  });

const compiled = (part: Part, device: Device): Compiled => {
  const { rows, chunks, taps } = sizesOf(part, device);
  const columns = part.column.length;
  const grouped = part.column.some((start) => start !== 0);
  return {
    part,
    bLength: chunks * taps * columns,
    kernel: device.compile({
      taps,
      grouped,
      rows,
      columns,
      chunks,
      tables: {
        row: table(part.row, rows),
        tap: table(part.tap, chunks * taps),
        column: table(part.column, columns),
      },
    }),
  };
};

const bytesOf = (
  plan: Plan,
  parts: readonly Compiled[],
  operands: Operands,
  samples: number,
  device: Device,
) =>
  4 *
  parts.reduce((sum, { part, bLength }) => {
    const { rows, chunks, taps } = sizesOf(part, device);
    const columns = part.column.length;
    const tables = rows + chunks * taps + columns;
    return sum + framedLength(plan, operands, samples) + bLength + tables + rows * columns * chunks;
  }, 0);

/** Whether the sums of a product are int32; those of weight gradients never are, whatever the batch. */
const staysIn32Bits = (product: ConvProduct): boolean =>
  product._tag !== "BackwardWeight" && termsOf(product) <= mostTermsIn32Bits;

/** Integer products on a device. */
export interface Products {
  /** The sums of a product of quantized operands; `undefined` for matrix products, and if a single sample is too large. */
  sums(product: Product): Eventual<Sums> | undefined;
  /** Bytes held by the compiled kernels. */
  bytes(): number;
  dispose(): void;
}

/** Integer products on `device`, with kernels cached by geometry. */
export const productsOn = (device: Device): Products => {
  const cache = new Map<string, Prepared | undefined>();

  const prepared = (product: ConvProduct, operands: Operands, samples: number): Prepared | undefined => {
    const sides = sidesOf(product, operands);
    const key = JSON.stringify([product._tag, product.conv, sides, samples]);
    if (!cache.has(key)) {
      const plan = planOf(product._tag, product.conv, sides, samples);
      if (fits(plan, operands, samples, device)) {
        const parts = plan.parts.map((part) => compiled(part, device));
        cache.set(key, { plan, parts, bytes: bytesOf(plan, parts, operands, samples, device) });
      } else cache.set(key, undefined);
    }
    return cache.get(key);
  };

  /** The largest number of samples per call, found by halving. */
  const sliceOf = (product: ConvProduct, operands: Operands, samples: number): number => {
    if (prepared(product, operands, samples)) return samples;
    return samples === 1 ? 0 : sliceOf(product, operands, Math.ceil(samples / 2));
  };

  const addSlice = (
    sums: Int32Array | Float64Array,
    product: ConvProduct,
    operands: Operands,
    slice: Slice,
  ): Eventual<unknown> => {
    const { plan, parts } = prepared(product, operands, slice.count) as Prepared;
    const toWeights = product._tag === "BackwardWeight";
    const start = toWeights ? 0 : slice.first * sizeOf(product.shape.slice(1));
    const a = framed(operands.a, slice, plan.frame);
    const weights = toWeights ? undefined : centred(operands.b);
    return all(
      parts.map(({ part, bLength, kernel }) => {
        const b =
          weights && part.from ? gathered(weights, part.from, bLength) : listed(operands.b, slice, bLength);
        return after(kernel.run(a, b), (partials) =>
          addPartials(sums, start, plan, part, device.rowsPerThread, partials),
        );
      }),
    );
  };

  return {
    sums: (product) => {
      if (product._tag === "MatMul") return undefined;
      const operands = operandsOf(product);
      const samples = operands.a.codes.shape[0] as number;
      const size = sizeOf(product.shape);
      const data = staysIn32Bits(product) ? new Int32Array(size) : new Float64Array(size);
      const result = ndarray<Int32Array | Float64Array>(data, [...product.shape]) as Sums;
      if (size === 0 || operands.a.codes.size === 0) return result;
      const perSlice = sliceOf(product, operands, samples);
      if (perSlice === 0) return undefined;
      const slices = Array.from({ length: Math.ceil(samples / perSlice) }, (_, i) => ({
        first: i * perSlice,
        count: Math.min(perSlice, samples - i * perSlice),
      }));
      const added = all(slices.map((slice) => addSlice(data, product, operands, slice)));
      return after(added, (): Sums => result);
    },
    bytes: () => [...cache.values()].reduce((sum, one) => sum + (one?.bytes ?? 0), 0),
    dispose: () => {
      for (const one of cache.values()) for (const { kernel } of one?.parts ?? []) kernel.destroy();
      cache.clear();
    },
  };
};
