/**
 * @file A million synchronous training steps: no stack overflow, and memory that stays flat. Not part of `npm test`; some minutes.
 *
 *     npm run build && node --expose-gc spec/soak/million.mjs [steps]
 *
 * Feed, a dense layer with weights, activations and gradients in 8 bits, cross-entropy and SGD, on the simd engine. Prints the
 * memory every tenth of the way; exit code 1 if after the first half the process grows by more than 5 %. V8 makes its space for
 * young objects larger once, after some hundred thousand steps, so a process that is flat to the end grows before.
 */
import { simd } from "../../dist/core/engines/simd/engine.js";
import {
  beginStep,
  build,
  constantRate,
  crossEntropy,
  dense,
  quantized,
  runBatches,
  scopeFor,
  sequential,
  sgd,
} from "../../dist/operators/index.js";

const steps = Number(process.argv[2] ?? 1_000_000);
const engine = simd({ bytes: 2 ** 24 });
const [batch, inputs, classes] = [8, 16, 4];

const network = build(
  sequential(
    quantized(dense)("dense", { units: classes }),
    crossEntropy(),
    sgd({ rate: constantRate(0.01), momentum: 0.9 }),
  ),
  scopeFor({ engine, shape: [1, 1, inputs] }),
);

const make = (step) => {
  const shown = (n) => (step + n) % classes;
  const x = Float32Array.from({ length: batch * inputs }, (_, i) =>
    i % classes === shown(Math.floor(i / inputs)) ? 1 : Math.sin(step + i) / 4,
  );
  // One label of a batch is wrong now and then, so that there is always something to learn.
  const target = Int32Array.from({ length: batch }, (_, n) => (n === 0 ? 0 : shown(n)));
  return beginStep(engine, { x, target, shape: [batch, 1, 1, inputs] }, { step, training: true });
};

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1);
const residents = [];
const began = performance.now();
let done = 0;
let seen = 0;
let loss = Number.NaN;

const report = () => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  residents.push(rss);
  console.log(
    `step ${done}: rss ${megabytes(rss)} MB, heap ${megabytes(heapUsed)} MB, external ${megabytes(external)} MB, loss ${loss.toFixed(4)}, ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
};

runBatches(
  { to: steps },
  make,
)(network.layer).subscribe({
  next: (signal) => {
    if (signal._tag === "RangeSeen") seen++;
    if (signal._tag === "Metric" && signal.name === "loss") loss = signal.value;
    if (signal._tag === "Activation" && ++done % (steps / 10) === 0) report();
  },
  error: (error) => {
    throw error;
  },
  complete: () => {
    const [warm, ...later] = residents.slice(4);
    const growth = Math.max(...later) / warm - 1;
    console.log(
      `${done} synchronous steps, ${seen} ranges, ${((1e6 * (performance.now() - began)) / done / 1000).toFixed(1)} us a step; rss grew by ${(100 * growth).toFixed(2)} % after step ${steps / 2}`,
    );
    process.exitCode = done === steps && seen === 3 * steps && growth <= 0.05 ? 0 : 1;
  },
});
