/**
 * @file Which tensors have their elements on the device, and how long.
 *
 * A tensor is known by its `data`: the array that holds its elements or, where they are on the device, an empty one that
 * stands for them. What a step makes is freed by a release or by the next step; a parameter that a kernel has updated stays.
 */
import { internal } from "../../../errors.ts";
import type { Eventual } from "../../../eventual.ts";
import {
  absent,
  type Codes,
  codes,
  elements,
  isAbsent,
  leave,
  readTooLate,
  release,
  type Shape,
  type Tensor,
  tensor,
} from "../../../tensor.ts";
import type { Buffer, Machine } from "./machine.ts";

export interface Buffers {
  /** Elements of a tensor on the device; what is on the host is uploaded for the rest of the step. */
  of(x: Tensor | Codes): Eventual<Buffer>;
  /** A tensor of this step whose elements a kernel has made. */
  tensor(buffer: Buffer, shape: Shape): Tensor;
  codes(buffer: Buffer, shape: Shape): Codes;
  /** Gives a parameter new elements, which live until they are given others. */
  replace(x: Tensor, buffer: Buffer): void;
  release(x: Tensor | Codes): void;
  /** The same tensor with its elements on the host. */
  read<T extends Tensor | Codes>(x: T): Eventual<T>;
  beginStep(): void;
  bytes(): { readonly kept: number; readonly step: number };
  dispose(): void;
}

type Data = Float32Array | Int8Array;

const bytesOf = (buffers: Iterable<Buffer>): number => {
  let bytes = 0;
  for (const { size } of buffers) bytes += 4 * size;
  return bytes;
};

export const buffersOn = (machine: Machine): Buffers => {
  const ofStep = new Map<Data, Buffer>();
  const kept = new Map<Data, Buffer>();
  let most = 0;

  const add = (data: Data, buffer: Buffer): void => {
    ofStep.set(data, buffer);
    most = Math.max(most, bytesOf(ofStep.values()));
  };

  const there = ({ data }: Tensor | Codes): Buffer | undefined => kept.get(data) ?? ofStep.get(data);

  const upload = async (x: Tensor | Codes): Promise<Buffer> => {
    const buffer = await machine.upload(Float32Array.from(elements(x as Tensor)));
    add(x.data, buffer);
    return buffer;
  };

  const free = (buffers: Map<Data, Buffer>): void => {
    for (const buffer of buffers.values()) machine.free(buffer);
    buffers.clear();
  };

  const fetched = async <T extends Tensor | Codes>(x: T, buffer: Buffer): Promise<T> => {
    const numbers = await machine.read(buffer);
    const copy =
      x.data instanceof Int8Array ? codes(Int8Array.from(numbers), x.shape) : tensor(numbers, x.shape);
    return copy as T;
  };

  return {
    of: (x) => {
      const buffer = there(x);
      if (buffer) return buffer;
      if (isAbsent(x)) throw readTooLate(x.shape);
      return upload(x);
    },
    tensor: (buffer, shape) => {
      const x = absent(new Float32Array(0), shape);
      add(x.data, buffer);
      return x;
    },
    codes: (buffer, shape) => {
      const x = absent(new Int8Array(0), shape);
      add(x.data, buffer);
      return x;
    },
    replace: (x, buffer) => {
      const before = kept.get(x.data);
      if (before) machine.free(before);
      kept.delete(x.data);
      leave(x);
      kept.set(x.data, buffer);
    },
    release: (x) => {
      if (kept.has(x.data)) throw internal("a parameter is released");
      const buffer = ofStep.get(x.data);
      if (buffer) machine.free(buffer);
      ofStep.delete(x.data);
      release(x);
    },
    read: (x) => {
      if (!isAbsent(x)) return x;
      const buffer = there(x);
      if (buffer === undefined) throw readTooLate(x.shape);
      return fetched(x, buffer);
    },
    beginStep: () => {
      free(ofStep);
      most = 0;
    },
    bytes: () => ({ kept: bytesOf(kept.values()), step: most }),
    dispose: () => {
      free(ofStep);
      free(kept);
    },
  };
};
