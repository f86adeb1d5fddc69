/**
 * @file Which tensors have their elements on the device, and for how long.
 *
 * A tensor is identified by its `data`: the array that holds its elements, or an empty stand-in if they are on the device. Results
 * of a step are freed by a release or by the next step; a parameter that a kernel has updated stays.
 */
import { internal } from "../../../errors.ts";
import type { Eventual } from "../../../eventual.ts";
import {
  type Codes,
  codes,
  deviceTensor,
  elements,
  inMemory,
  isOnDevice,
  moveToDevice,
  type OnHost,
  readTooLate,
  release,
  type Shape,
  type Tensor,
  tensor,
} from "../../../tensor.ts";
import type { Buffer, Machine } from "./machine.ts";

/** Tensors, and the device buffers that hold their elements. */
export interface Buffers {
  /** Elements of a tensor on the device; those of a tensor on the host are uploaded for the rest of the step. */
  of(x: Tensor | Codes): Eventual<Buffer>;
  /** A tensor of this step, made by a kernel. */
  tensor(buffer: Buffer, shape: Shape): Tensor;
  codes(buffer: Buffer, shape: Shape): Codes;
  /** Gives a parameter new elements, which live until they are replaced. */
  replace(x: Tensor, buffer: Buffer): void;
  release(x: Tensor | Codes): void;
  /** The same tensor with its elements in memory. */
  read<T extends Tensor | Codes>(x: T): Eventual<OnHost<T>>;
  /** Overwrites the elements of a tensor, wherever they are. */
  write(x: Tensor, values: Float32Array): Eventual<void>;
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

/** An empty set of buffers on a machine. */
export const buffersOn = (machine: Machine): Buffers => {
  const ofStep = new Map<Data, Buffer>();
  const kept = new Map<Data, Buffer>();
  let most = 0;

  const add = (data: Data, buffer: Buffer): void => {
    ofStep.set(data, buffer);
    most = Math.max(most, bytesOf(ofStep.values()));
  };

  /** Array that identifies a tensor or codes. */
  const dataOf = (x: Tensor | Codes): Data => inMemory(x).data;

  const bufferOf = (x: Tensor | Codes): Buffer | undefined => kept.get(dataOf(x)) ?? ofStep.get(dataOf(x));

  /** Uploads in progress, because concurrent passes may need the same tensor. */
  const uploads = new Map<Data, Promise<Buffer>>();

  const upload = (x: Tensor | Codes): Promise<Buffer> => {
    const data = dataOf(x);
    const underWay = uploads.get(data);
    if (underWay) return underWay;
    const uploaded = machine.upload(Float32Array.from(elements(inMemory(x)))).then((buffer) => {
      add(data, buffer);
      return buffer;
    });
    const ended = uploaded.finally(() => uploads.delete(data));
    uploads.set(data, ended);
    return ended;
  };

  const free = (buffers: Map<Data, Buffer>): void => {
    for (const buffer of buffers.values()) machine.free(buffer);
    buffers.clear();
  };

  const fetched = async <T extends Tensor | Codes>(x: T, buffer: Buffer): Promise<OnHost<T>> => {
    const numbers = await machine.read(buffer);
    const copy = x.dtype === "int8" ? codes(Int8Array.from(numbers), x.shape) : tensor(numbers, x.shape);
    return copy as OnHost<T>;
  };

  const replace = (x: Tensor, buffer: Buffer): void => {
    const before = kept.get(dataOf(x));
    if (before) machine.free(before);
    kept.delete(dataOf(x));
    moveToDevice(x);
    kept.set(dataOf(x), buffer);
  };

  return {
    of: (x) => {
      const buffer = bufferOf(x);
      if (buffer) return buffer;
      if (isOnDevice(x)) throw readTooLate(x.shape);
      return upload(x);
    },
    tensor: (buffer, shape) => {
      const x = deviceTensor(new Float32Array(0), shape);
      add(dataOf(x), buffer);
      return x;
    },
    codes: (buffer, shape) => {
      const x = deviceTensor(new Int8Array(0), shape);
      add(dataOf(x), buffer);
      return x;
    },
    replace,
    release: (x) => {
      if (kept.has(dataOf(x))) throw internal("a parameter is released");
      const buffer = ofStep.get(dataOf(x));
      if (buffer) machine.free(buffer);
      ofStep.delete(dataOf(x));
      release(x);
    },
    read: (x) => {
      if (!isOnDevice(x)) return inMemory(x);
      const buffer = bufferOf(x);
      if (buffer === undefined) throw readTooLate(x.shape);
      return fetched(x, buffer);
    },
    write: (x, values) => {
      if (!isOnDevice(x)) return elements(inMemory(x)).set(values);
      return machine.upload(Float32Array.from(values)).then((buffer) => replace(x, buffer));
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
