/** @file What a data set holds, as one hash: wherever its files lie, and however they are packed. */
import { createHash } from "node:crypto";
import type { LabelledImages, Split } from "./labelledImages.ts";

export interface DataContent {
  /** Hash of shape, classes, images and labels, of training and test. */
  readonly sha256: string;
  /** Images of training and test. */
  readonly train: number;
  readonly test: number;
}

/** Bytes that a hash takes at once. */
const most = 2 ** 30;

/** Hash that takes bytes; written out, since declarations of the package do without the types of Node. */
interface Hash {
  readonly update: (bytes: Uint8Array) => unknown;
}

/** Adds the bytes of an array to a hash. */
export const addBytes = (hash: Hash, { buffer, byteOffset, byteLength }: ArrayBufferView): void => {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let at = 0; at < bytes.length; at += most) hash.update(bytes.subarray(at, at + most));
};

/** The content of a data set, after all limits: equal if and only if training and test see the same. */
export const contentOf = ({ shape, classes, train, test }: LabelledImages): DataContent => {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ shape, classes, train: train.count, test: test.count }));
  for (const { images, labels } of [train, test] satisfies readonly Split[]) {
    addBytes(hash, images);
    addBytes(hash, labels);
  }
  return { sha256: hash.digest("hex"), train: train.count, test: test.count };
};
