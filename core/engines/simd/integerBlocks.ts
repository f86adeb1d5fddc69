/** @file Quantization to integers in blocks, in the memory of the engine. */
import { type BlockCodes, blocksOf } from "../../blocks.ts";
import { type BlockRounding, integersInBlocks, type QuantizedBlocks } from "../../integerBlocks.ts";
import { largestEnd } from "../../range.ts";
import { sharedExponentModes } from "../../sharedExponent.ts";
import { elements, inMemory, type Shape, sizeOf, type Tensor } from "../../tensor.ts";
import type { Memory } from "./memory.ts";

/** Room for a copy whose innermost axis is that of the blocks, and the tensors of the step that it takes. */
const room = (
  memory: Memory,
  shape: Shape,
  size: number,
): { readonly copy: BlockCodes; readonly memory: QuantizedBlocks["memory"] } => {
  const length = shape[3] as number;
  const rows = length === 0 ? 0 : sizeOf(shape) / length;
  const scales = memory.tensor([rows * blocksOf(length, size)]);
  const codes = memory.codes(shape);
  return { copy: { codes, scales: scales.data, size }, memory: [codes, scales] };
};

/** Fills a copy with that of the law. */
const filled = (to: BlockCodes, from: BlockCodes): void => {
  elements(to.codes).set(elements(from.codes));
  to.scales.set(from.scales);
};

/** A tensor as integers in blocks, which live until the next step. */
export const quantizedInBlocks = (memory: Memory, x: Tensor, how: BlockRounding): QuantizedBlocks => {
  const { kernels } = memory;
  const { shape } = x;
  const count = sizeOf(shape);
  const [samples, height, width, channels] = shape as [number, number, number, number];
  const values = memory.tensor(shape);
  const rooms = [
    room(memory, shape, how.size),
    ...(how.isBoth ? [room(memory, [height, width, channels, samples], how.size)] : []),
  ];
  const [last, first] = rooms.map(({ copy }) => copy) as [BlockCodes, BlockCodes?];
  const blocks = { last, first };
  const taken = [values, ...rooms.flatMap(({ memory }) => memory)];
  const at = memory.at(inMemory(x).data, x.offset, x.size);
  if (count === 0) return { blocks, values, clipped: 0, memory: taken };
  if (!kernels.areUpTo(largestEnd, at, count)) {
    const law = integersInBlocks(elements(inMemory(x)), shape, how);
    elements(values).set(law.values);
    filled(last, law.blocks.last);
    if (first && law.blocks.first) filled(first, law.blocks.first);
    return { blocks, values, clipped: law.clipped, memory: taken };
  }
  kernels.beginBlocks(how.bits, how.size, sharedExponentModes.indexOf(how.scale));
  const clipped = kernels.integersInBlocks(
    ...([at, count, samples, channels] as const),
    ...([+(how.noise !== undefined), how.noise?.[0] ?? 0, how.noise?.[1] ?? 0] as const),
    ...([last.codes.data.byteOffset, last.scales.byteOffset, values.data.byteOffset] as const),
    ...([first?.codes.data.byteOffset ?? 0, first?.scales.byteOffset ?? 0] as const),
  );
  return { blocks, values, clipped, memory: taken };
};
