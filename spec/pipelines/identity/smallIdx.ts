/** @file Data of a few images in files, for runs whose data change. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const side = 28;

const idx = (magic: number, sizes: readonly number[], bytes: Uint8Array): Uint8Array => {
  const file = new Uint8Array(4 + 4 * sizes.length + bytes.length);
  const view = new DataView(file.buffer);
  for (const [i, word] of [magic, ...sizes].entries()) view.setUint32(4 * i, word);
  file.set(bytes, 4 + 4 * sizes.length);
  return file;
};

/** Writes MNIST's four files: so many training images and 16 test images, whose labels are moved on by `turn`. */
export const writeIdx = (dir: string, train: number, turn = 0): string => {
  mkdirSync(dir, { recursive: true });
  for (const [prefix, count] of [
    ["train", train],
    ["t10k", 16],
  ] as const) {
    const images = Uint8Array.from({ length: count * side * side }, (_, i) => (i * 7919) % 251);
    const labels = Uint8Array.from({ length: count }, (_, i) => (i + turn) % 10);
    writeFileSync(join(dir, `${prefix}-images-idx3-ubyte`), idx(2051, [count, side, side], images));
    writeFileSync(join(dir, `${prefix}-labels-idx1-ubyte`), idx(2049, [count], labels));
  }
  return dir;
};
