/** @file Generators of passes: every source, stage and sink, over odd shapes and odd numbers. */
import fc from "fast-check";
import ndarray from "ndarray";
import { type Expr, ofCodes, ofProduct, ofTensor, type Slot, type Stage, staged } from "../../core/expr.ts";
import type { Sinks } from "../../core/pass.ts";
import { branch, type Key } from "../../core/random.ts";
import type { ConvShape } from "../../core/shape.ts";
import { codes, type QTensor, type Shape, sizeOf } from "../../core/tensor.ts";
import { elements } from "./elements.ts";
import { floats, integers, type Odd, paramsOf } from "./everyProduct.ts";

/** All sinks at once; `of` is summed with them. */
export const everySink = (key: Key, channels: number, of?: Expr): Sinks => ({
  store: true,
  observe: true,
  quantize: {
    params: paramsOf(key, 2 + ((key[0] ?? 0) % 7), 1),
    gradientMask: (key[1] & 1) === 1,
    ...(key[1] & 2 ? { noise: key } : {}),
  },
  channelSums: { around: elements(floats(branch(key, 5), [key[1] & 4 ? 1 : channels])), ...(of && { of }) },
});

/** Small images, images with more channels than a chunk has elements, and images of several chunks. */
export const smallShapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 20 }),
  ),
  fc.tuple(fc.constant(2), fc.constant(2), fc.constant(2), fc.integer({ min: 250, max: 1300 })),
  fc.tuple(fc.constant(1), fc.constant(31), fc.constant(37), fc.integer({ min: 1, max: 7 })),
);

/** An expression of a shape: dense, codes, sums, a product or what has stages of its own. */
export const exprOf = (key: Key, shape: Shape, odd: Odd, depth = 0): Expr => {
  const [n, h, w, c] = shape as [number, number, number, number];
  const conv: ConvShape = {
    kernelHeight: 1,
    kernelWidth: 1,
    stride: 1,
    padding: 0,
    inChannels: 2,
    outChannels: c,
    groups: 1,
  };
  const operand = (side: number, of: Shape) => integers(branch(key, side), of, 6);
  const product = {
    _tag: "Forward",
    conv,
    shape,
    x: operand(20, [n, h, w, 2]),
    w: operand(21, [c, 1, 1, 2]),
  } as const;
  const whole = { kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 };
  switch (key[0] % (depth < 2 ? 7 : 5)) {
    case 0: {
      const q = integers(key, shape, 5, n);
      return ofCodes((q as { readonly q: QTensor }).q);
    }
    case 1: {
      const q = integers(key, shape, 8);
      return ofCodes((q as { readonly q: QTensor }).q);
    }
    case 2: {
      const counted = Int32Array.from({ length: sizeOf(shape) }, (_, i) => (i * 2654435761) | 0);
      const sums =
        key[1] & 1 ? ndarray(counted, [...shape]) : ndarray(Float64Array.from(counted), [...shape]);
      return { shape, source: { _tag: "Sums", sums }, stages: [] };
    }
    case 3:
      return ofProduct(product);
    case 4:
      return ofTensor(floats(key, shape, odd));
    case 5:
      return {
        shape,
        source: { _tag: "Pool", kind: "max", window: whole, x: floats(key, shape, odd) },
        stages: [],
      };
    default:
      return staged(...stagesOf(branch(key, 31), shape, odd, depth + 1))(
        exprOf(branch(key, 30), shape, odd, depth + 1),
      );
  }
};

/** Every place of an expression where something is kept. */
export const slotsOf = ({ stages }: Expr): readonly Slot[] =>
  stages.flatMap((stage) => {
    if (stage._tag === "Keep") return [stage.slot];
    return "other" in stage ? slotsOf(stage.other) : [];
  });

/** Tensors that a pass leaves in slots; they are empty again afterwards. */
export const emptied = (slots: readonly Slot[]): readonly (Float32Array | undefined)[] => {
  const found = slots.map(({ tensor }) => tensor && Float32Array.from(elements(tensor)));
  for (const slot of slots) delete slot.tensor;
  return found;
};

const vector = (key: Key, channels: number): Float32Array =>
  elements(floats(key, [key[0] & 1 ? 1 : channels]));

/** A few stages of any kind. */
export const stagesOf = (key: Key, shape: Shape, odd: Odd, depth = 0): readonly Stage[] =>
  Array.from({ length: 1 + (key[0] & 3) }, (_, i): Stage => {
    const at = branch(key, i);
    const channels = shape[3] as number;
    const other = () => exprOf(branch(at, 40), shape, odd, depth + 1);
    const ends = [0, -0, -1, 0.1, Number.NEGATIVE_INFINITY] as const;
    const lo = ends[at[1] % 5] as number;
    const hi = [-0, 6, 0.3, Number.POSITIVE_INFINITY][(at[1] >>> 3) % 4] as number;
    switch (at[0] % 10) {
      case 0:
        return { _tag: "Affine", scale: vector(branch(at, 1), channels) };
      case 1:
        return { _tag: "Affine", shift: vector(branch(at, 1), channels) };
      case 2:
        return {
          _tag: "Affine",
          scale: vector(branch(at, 1), channels),
          shift: vector(branch(at, 2), channels),
        };
      case 3:
        return { _tag: "Clip", lo, hi };
      case 4:
        return { _tag: "Add", other: other() };
      case 5:
        return { _tag: "Gate", other: other(), lo, hi };
      case 6: {
        const bytes = Int8Array.from({ length: sizeOf(shape) }, (_, j) => ((j * at[0]) >>> 3) & 1);
        return { _tag: "Mask", gradientMask: codes(bytes, shape) };
      }
      case 7:
        return { _tag: "Keep", slot: {} };
      case 8:
        return {
          _tag: "Normalize",
          mean: vector(branch(at, 1), channels),
          scale: vector(branch(at, 2), channels),
          shift: vector(branch(at, 3), channels),
        };
      default:
        return {
          _tag: "Combine",
          other: other(),
          scale: vector(branch(at, 1), channels),
          mean: vector(branch(at, 2), channels),
          slope: vector(branch(at, 3), channels),
          shift: vector(branch(at, 4), channels),
        };
    }
  });
