/** Data-parallel steps in simulation: what workers send each other, with in-hindsight and with dynamic ranges. */
import {
  beginStep,
  build,
  constantRate,
  crossEntropy,
  currentMinMax,
  type Module,
  quantizeNetwork,
  type Rule,
  runBatches,
  scopeFor,
  sequential,
  sgd,
} from "rangeflow";
import { bytesSent, dataParallel, type Reduction, simd } from "rangeflow/engines";
import { lenet5, resnet20 } from "rangeflow/models";
import { lastValueFrom } from "rxjs";

/** Reductions on 64 workers in the second step, the first that has ranges of earlier tensors. */
const reductionsOf = async (network: Module, shape: readonly number[], rules: readonly Rule[]) => {
  const reductions: Reduction[] = [];
  const engine = dataParallel(new Array(64).fill(simd()), { onReduction: (one) => reductions.push(one) });
  const [samples = 0, ...image] = shape;
  const size = image.reduce((all, side) => all * side, samples);
  const x = Float32Array.from({ length: size }, (_, i) => Math.sin(i * i));
  const target = Int32Array.from({ length: samples }, (_, i) => i % 10);
  const learning = [crossEntropy(), sgd({ rate: constantRate(0.01), momentum: 0.9 })];
  const scope = scopeFor({ engine, shape: image });
  const { layer } = build(sequential(quantizeNetwork(network, rules), ...learning), scope);
  const start = (step: number) => beginStep(engine, { x, target, shape }, { step, training: true });
  await lastValueFrom(runBatches({ to: 2 }, start)(layer));
  return reductions.filter(({ step }) => step === 2);
};

const dynamic = { range: currentMinMax() };
const print = (...cells: readonly unknown[]): void =>
  console.log(
    cells
      .map((cell, i) => `${cell}`.padEnd([15, 16, 8, 8, 10, 10][i] ?? 0))
      .join(" ")
      .trimEnd(),
  );

/** Prints the reductions of a step by name, what workers wait for, and how many bytes 1 to 64 workers send. */
const report = async (network: Module, shape: readonly number[], nameOf: (one: Reduction) => string) => {
  const hindsight = await reductionsOf(network, shape, []);
  const current = await reductionsOf(network, shape, [{ activation: dynamic, gradient: dynamic }]);
  print("of", "role", "kind", "number", "bytes", "hindsight", "dynamic");
  for (const name of new Set(hindsight.map(nameOf))) {
    const same = hindsight.filter((one) => nameOf(one) === name);
    const bytes = same.reduce((sum, one) => sum + one.bytes, 0);
    print(
      ...name.split(","),
      same.length,
      bytes,
      same[0]?.when,
      current.find((one) => nameOf(one) === name)?.when,
    );
  }
  const waits = (reductions: readonly Reduction[], ...moments: string[]) =>
    reductions.filter(({ when }) => moments.includes(when)).length;
  const [ahead, behind] = [waits(hindsight, "quantize"), waits(current, "quantize")];
  const others = waits(hindsight, "layer", "read");
  console.log(`waits before quantization: ${ahead} in hindsight, ${behind} dynamic; elsewhere: ${others}`);
  // The reductions do not depend on the number of workers; a single worker sends nothing.
  for (const workers of [1, 2, 4, 8, 16, 32, 64]) {
    const sent = hindsight.reduce((sum, one) => sum + bytesSent({ ...one, workers }), 0);
    console.log(`bytes sent by ${workers}: ${sent}`);
  }
};

await report(
  lenet5({ classes: 10 }),
  [64, 28, 28, 1],
  ({ path, role, kind }) => `${path ?? "(loss)"},${role},${kind}`,
);
await report(resnet20({ classes: 10 }), [128, 32, 32, 3], ({ role, kind }) => `all,${role},${kind}`);

/* It prints:
of              role             kind     number   bytes      hindsight  dynamic
conv1/input     range            minMax   1        12         later      quantize
conv1/input     clipped          sum      1        4          later      later
conv2/input     range            minMax   1        12         later      quantize
conv2/input     clipped          sum      1        4          later      later
dense1/input    range            minMax   1        12         later      quantize
dense1/input    clipped          sum      1        4          later      later
dense2/input    range            minMax   1        12         later      quantize
dense2/input    clipped          sum      1        4          later      later
dense3/input    range            minMax   1        12         later      quantize
dense3/input    clipped          sum      1        4          later      later
(loss)          elements         gather   1        2560       read       read
dense3/gradient range            minMax   1        12         later      quantize
dense3/gradient clipped          sum      1        4          later      later
dense3          weight gradient  sum      1        3360       later      later
dense3          bias gradient    partials 1        2560       later      later
dense2/gradient range            minMax   1        12         later      quantize
dense2/gradient clipped          sum      1        4          later      later
dense2          weight gradient  sum      1        40320      later      later
dense2          bias gradient    partials 1        21504      later      later
dense1/gradient range            minMax   1        12         later      quantize
dense1/gradient clipped          sum      1        4          later      later
dense1          weight gradient  sum      1        192000     later      later
dense1          bias gradient    partials 1        30720      later      later
conv2/gradient  range            minMax   1        12         later      quantize
conv2/gradient  clipped          sum      1        4          later      later
conv2           weight gradient  sum      1        9600       later      later
conv2           bias gradient    partials 1        4096       later      later
conv1/gradient  range            minMax   1        12         later      quantize
conv1/gradient  clipped          sum      1        4          later      later
conv1           weight gradient  sum      1        600        later      later
conv1           bias gradient    partials 1        10752      later      later
waits before quantization: 0 in hindsight, 10 dynamic; elsewhere: 1
bytes sent by 1: 0
bytes sent by 2: 564272
bytes sent by 4: 1692816
bytes sent by 8: 3949904
bytes sent by 16: 8464080
bytes sent by 32: 17492432
bytes sent by 64: 35549136
of              role             kind     number   bytes      hindsight  dynamic
all             range            minMax   40       480        later      quantize
all             clipped          sum      40       160        later      later
all             batch statistics partials 38       3407872    layer      layer
all             elements         gather   1        5120       read       read
all             weight gradient  sum      20       1130368    later      later
all             bias gradient    partials 1        5120       later      later
waits before quantization: 0 in hindsight, 40 dynamic; elsewhere: 39
bytes sent by 1: 0
bytes sent by 2: 5680128
bytes sent by 4: 17040384
bytes sent by 8: 39760896
bytes sent by 16: 85201920
bytes sent by 32: 176083968
bytes sent by 64: 357848064
*/
