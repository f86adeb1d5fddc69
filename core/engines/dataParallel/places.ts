/** @file Distribution of tensors: split among the workers by samples, or the same on all of them, as weights are. */
import type { Expr, Source } from "../../expr.ts";
import { type Factor, isInBlocks, operandShape, operandsOf, type Product } from "../../product.ts";
import { type Codes, codes, inMemory, type Shape, type Tensor } from "../../tensor.ts";

type Numbers = Tensor | Codes | Extract<Source, { _tag: "Sums" }>["sums"];

const dataOf = (x: Numbers): object => inMemory(x as Tensor).data;

/** A tensor that an expression reads: the shape it is read with, and whether it is split among the workers. */
interface Read {
  readonly shape: Shape;
  readonly isBatch: boolean;
  readonly x: Tensor | Codes;
}

/** Distribution of the tensors of a run. */
export interface Places {
  /** Begins a step. Its first upload with four sides is the batch, even if it has the shape of a parameter. */
  beginStep(): void;
  /** Records the shape of a parameter, which is not split. */
  parameter(x: Tensor): void;
  /** Records numbers from the host. After the batch, a tensor with as many samples is split, unless it has the shape of a parameter. */
  uploaded(x: Tensor): void;
  /** Records the result of a pass or product. */
  made(x: Numbers, isBatch: boolean): void;
  isBatch(x: Tensor | Codes): boolean;
  /** Whether the elements of an expression, and of all tensors its stages read, belong to samples. */
  ofBatch(x: Expr): boolean;
  /** Whether both operands of a product are split, so that every worker has a part of each sum; not if blocks are along samples. */
  isSplitSum(product: Product): boolean;
  /** All tensors that an expression reads. */
  readBy(x: Expr): readonly Read[];
}

/** Makes the distribution of a new engine. */
export const placesOf = (): Places => {
  const known = new WeakMap<object, boolean>();
  const parameters = new Set<string>();
  let batch: number | undefined;

  const looksShared = (shape: Shape): boolean =>
    shape.length === 4 && (batch ?? shape[0]) === shape[0] && !parameters.has(shape.join());
  const isBatch = (x: Numbers): boolean => known.get(dataOf(x)) ?? looksShared(x.shape);

  const tensorsOf = (source: Source | Factor): readonly (Tensor | Codes)[] => {
    switch (source._tag) {
      case "Blocks":
        return [codes(source.of.codes.data, operandShape(source))];
      case "Dense":
        return [source.x];
      case "Codes":
        return [source.q.codes];
      case "Product": {
        const { product } = source;
        return sampled(product).flatMap(tensorsOf);
      }
      case "Sums":
        return [];
      case "Unpool":
        return [source.x, source.dy];
      case "Supersample":
        return [source.dy];
      default:
        return [source.x];
    }
  };

  /** Operands with samples of a batch. */
  const sampled = (product: Product): readonly Factor[] => {
    if (product._tag === "Forward") return [product.x];
    return product._tag === "BackwardInput" ? [product.dy] : operandsOf(product);
  };

  const readBy = ({ shape, source, stages }: Expr): readonly Read[] => [
    ...tensorsOf(source).map((x) => ({ shape, isBatch: isBatch(x), x })),
    ...stages.flatMap((stage) => {
      if ("other" in stage) return readBy(stage.other);
      const mask = stage._tag === "Mask" ? stage.gradientMask : undefined;
      return mask ? [{ shape, isBatch: isBatch(mask), x: mask }] : [];
    }),
  ];

  const ofBatch = ({ source, stages }: Expr): boolean =>
    (source._tag === "Sums"
      ? isBatch(source.sums)
      : !(source._tag === "Product" && source.product._tag === "BackwardWeight") &&
        tensorsOf(source).every(isBatch)) &&
    stages.every((stage) => !("other" in stage) || ofBatch(stage.other));

  return {
    beginStep: () => {
      batch = undefined;
    },
    parameter: (x) => {
      parameters.add(x.shape.join());
      known.set(dataOf(x), false);
    },
    uploaded: (x) => {
      const isFirst = batch === undefined && x.shape.length === 4;
      if (isFirst) batch = x.shape[0];
      known.set(dataOf(x), isFirst || looksShared(x.shape));
    },
    made: (x, isOfBatch) => void known.set(dataOf(x), isOfBatch),
    isBatch,
    ofBatch,
    isSplitSum: (product) =>
      product._tag === "BackwardWeight" &&
      !isInBlocks(product) &&
      tensorsOf({ _tag: "Product", product }).every(isBatch),
    readBy,
  };
};
