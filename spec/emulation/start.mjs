/**
 * @file Writes what `lenet5.py` starts from: first weights of LeNet-5, and the batches of a run on MNIST.
 *
 *     node spec/emulation/start.mjs START DATA [IMAGES] [EPOCHS] [SEED]
 *
 * START/start.json names what START/start.bin holds as float32 numbers, one tensor behind the other: parameters (weights OHWI), training batches in the
 * order of the run, and test batches (NHWC). 3,000 images, 2 epochs and seed 1 unless given; DATA has the IDX files.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { build, images, mnist, scopeFor, simd } from "rangeflow";
import { key } from "rangeflow/core";
import { lenet5 } from "rangeflow/models";
import { limited } from "rangeflow/pipelines";

const [start, data, ...numbers] = process.argv.slice(2);
const [limit = 3000, epochs = 2, seed = 1] = numbers.map(Number);

const { train, test } = images(limited(mnist(data), { train: limit, test: 2000 })).batches({
  batch: 64,
  seed,
});
const scope = scopeFor({ engine: simd(), shape: [28, 28, 1], seed: key(seed) });
build(lenet5({ classes: 10 }), scope);

mkdirSync(start, { recursive: true });
const file = openSync(join(start, "start.bin"), "w");
const write = (x) => writeSync(file, new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
const parameters = scope.parameters.list().map(({ path, value }) => {
  write(value.data);
  return { path, shape: value.shape };
});
/** Writes so many batches; gives their labels. */
const written = ({ make }, count) =>
  Array.from({ length: count }, (_, step) => {
    const { x, target } = make(step);
    write(x);
    return Array.from(target);
  });
const batches = { train: written(train, epochs * train.perEpoch), test: written(test, test.perEpoch) };
closeSync(file);
writeFileSync(join(start, "start.json"), JSON.stringify({ parameters, epochs, ...batches }));
