/**
 * @file Bytes that a pass moves between memory and processor: what it reads and what it writes, each element once.
 *
 * Data that stays in caches is not counted: sums that a product passes to its stages, values passed between stages, and
 * vectors with one entry per channel. A pass that quantizes the sums of a convolution moves its operands and its codes;
 * one that must store the sums and read them again moves 8 more bytes per element.
 *
 * @see docs/methods.md section 1, "memory traffic per layer"
 */
import type { Expr, Source } from "./expr.ts";
import { countOf, resumed } from "./expr.ts";
import type { Sinks } from "./pass.ts";
import type { Factor } from "./product.ts";
import { operandsOf } from "./product.ts";
import { subsampled } from "./shape.ts";
import { sizeOf } from "./tensor.ts";

const floatBytes = 4;

/** Scales of blocks are left out, as those of tensors are. */
const ofOperand = (operand: Factor): number => {
  switch (operand._tag) {
    case "Dense":
      return floatBytes * operand.x.size;
    case "Codes":
      return operand.q.codes.size;
    case "Blocks":
      return operand.of.codes.size;
  }
};

/** Bytes of the source of the elements. */
const sourceBytes = (source: Source): number => {
  switch (source._tag) {
    case "Dense":
    case "Codes":
      return ofOperand(source);
    case "Product":
      return operandsOf(source.product).reduce((bytes, operand) => bytes + ofOperand(operand), 0);
    case "Sums":
      return source.sums.size * source.sums.data.BYTES_PER_ELEMENT;
    case "Pool":
      return floatBytes * source.x.size;
    case "Unpool":
      return floatBytes * ((source.kind === "max" ? source.x.size : 0) + source.dy.size);
    case "Subsample":
      return floatBytes * sizeOf(subsampled(source.x.shape, source.stride, source.x.shape[3] as number));
    case "Supersample":
      return floatBytes * source.dy.size;
  }
};

/**
 * Bytes read to compute a tensor once: its source, and the other tensors of its stages. Masks are counted where they
 * are written; whether they are read depends on when an engine knows that nothing was clipped.
 */
export const bytesRead = (x: Expr): number => {
  const { source, stages } = resumed(x);
  let bytes = sourceBytes(source);
  for (const stage of stages) if ("other" in stage) bytes += bytesRead(stage.other);
  return bytes;
};

/** Bytes that the computation of a tensor stores in `Keep` slots. */
const bytesKept = (x: Expr): number => {
  let bytes = 0;
  for (const stage of resumed(x).stages)
    if ("other" in stage) bytes += bytesKept(stage.other);
    else if (stage._tag === "Keep") bytes += floatBytes * countOf(x);
  return bytes;
};

/** Bytes of a `Keep` at the end of an expression that stores it for a measurement alone. */
export const bytesAside = (x: Expr): number => {
  const last = x.stages.at(-1);
  return last?._tag === "Keep" && last.isAside ? bytesWritten(countOf(x), { store: true }) : 0;
};

/** The sinks that write elements. */
interface Written {
  readonly store?: boolean;
  readonly quantize?: Sinks["quantize"] | undefined;
}

/** Bytes that a pass over `count` elements writes. */
export const bytesWritten = (count: number, { store, quantize }: Written): number =>
  count * ((store ? floatBytes : 0) + (quantize ? 1 : 0) + (quantize?.gradientMask ? 1 : 0));

/**
 * Bytes that a pass moves. Must be called before it runs. Intermediate results that an engine has to store because it
 * cannot compute everything at once are not counted, so all engines agree. A `Keep` at the end of a pass that stores is
 * counted once.
 */
export const bytesMoved = (x: Expr, sinks: Sinks): number => {
  const { store = false, quantize, channelSums } = sinks;
  const of = channelSums?.of;
  const isTwice = store && resumed(x).stages.at(-1)?._tag === "Keep";
  const written = bytesWritten(countOf(x), { store: store && !isTwice, quantize });
  const read = bytesRead(x) + bytesKept(x);
  return written + read + (of ? bytesRead(of) + bytesKept(of) : 0);
};
