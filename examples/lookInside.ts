/** Taps: everything that happens in a network comes out of one stream, and RxJS operators select from it. */
import {
  at,
  batchNorm,
  beginStep,
  build,
  constantRate,
  conv2d,
  crossEntropy,
  dense,
  glyphs,
  type Module,
  maxPool,
  quantized,
  relu,
  runBatches,
  scopeFor,
  sequential,
  sgd,
  simd,
  sqnrAt,
  trainBatches,
} from "rangeflow";
import { filter, map, share } from "rxjs";

const data = glyphs({ train: 1000, test: 100 });
const batches = trainBatches(data, { batch: 50, seed: 1 });
const hooks = [sqnrAt((step) => step === 19)];
const scope = scopeFor({ engine: simd(), shape: data.shape, hooks });
const network: Module = sequential(
  quantized(conv2d)("conv1", { outChannels: 8, kernel: 5 }),
  batchNorm("norm1"),
  relu(),
  maxPool({ size: 2 }),
  quantized(dense)("output", { units: 10, gain: 1 }),
  crossEntropy(),
  sgd({ rate: constantRate(0.05), momentum: 0.9 }),
);

const stepOf = (step: number) => beginStep(scope.engine, batches.make(step), { step, training: true });
const signals$ = runBatches({ to: 20 }, stepOf)(build(network, scope).layer).pipe(share());

signals$
  .pipe(
    at("conv1/gradient"),
    filter((_, n) => n % 5 === 0),
    map(({ max }) => max.toExponential(2)),
  )
  .subscribe((max) => console.log(`largest gradient behind conv1: ${max}`));
signals$.subscribe((signal) => {
  if (signal._tag === "Metric" && signal.name === "sqnr")
    console.log(`sqnr of ${signal.site}: ${signal.value.toFixed(1)} dB`);
});

/* It prints:
largest gradient behind conv1: 2.19e-3
largest gradient behind conv1: 1.85e-3
largest gradient behind conv1: 7.83e-4
largest gradient behind conv1: 3.16e-3
sqnr of conv1/input: 53.2 dB
sqnr of conv1/weight: 44.7 dB
sqnr of output/input: 27.1 dB
sqnr of output/weight: 37.2 dB
sqnr of output/gradient: 34.6 dB
sqnr of conv1/gradient: 23.4 dB
*/
