/** @file Content of a data set as one hash, independent of where its files are and how they are compressed. */
import { createHash } from "node:crypto";
import type { LabelledImages, Split } from "./labelledImages.ts";

/** Content of a data set: a hash and two counts. Data sets with equal content give equal runs. */
export interface DataContent {
  /** SHA-256 of shape, classes, images and labels of both splits, in hexadecimal. */
  readonly sha256: string;
  /** Number of training images. */
  /** Number of test images. */
  readonly train: number;
  readonly test: number;
}

/** Largest number of bytes passed to the hash at once. */
const most = 2 ** 30;

/** Hash that takes bytes. Declared here because published declarations must not depend on the types of Node. */
interface Hash {
  readonly update: (bytes: Uint8Array) => unknown;
}

/** Adds the bytes of an array to a hash. */
export const addBytes = (hash: Hash, { buffer, byteOffset, byteLength }: ArrayBufferView): void => {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let at = 0; at < bytes.length; at += most) hash.update(bytes.subarray(at, at + most));
};

/** Content of a data set after all limits. Two are equal if and only if their training and test samples are the same. */
export const contentOf = ({ shape, classes, train, test }: LabelledImages): DataContent => {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ shape, classes, train: train.count, test: test.count }));
  for (const { images, labels } of [train, test] satisfies readonly Split[]) {
    addBytes(hash, images);
    addBytes(hash, labels);
  }
  return { sha256: hash.digest("hex"), train: train.count, test: test.count };
};
