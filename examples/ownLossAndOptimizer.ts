/** A custom loss from a function and its derivative, and a custom optimizer from its update rule on plain numbers. */
import {
  constantRate,
  dense,
  experiment,
  fromArrays,
  hostRule,
  loss,
  optimizerOf,
  quantized,
  relu,
  sequential,
  train,
} from "rangeflow";

const huber = loss(
  "huber",
  (y, t) => (Math.abs(y - t) < 1 ? (y - t) ** 2 / 2 : Math.abs(y - t) - 0.5),
  (y, t) => Math.max(-1, Math.min(y - t, 1)),
);

/** Lion (Chen et al. 2023, arXiv:2302.06675): the sign of an average of gradients. */
const lion = hostRule({
  state: { average: (shape) => shape }, // starts at 0; checkpoints keep it
  update: (p, g, { average }, { rate }) =>
    g.forEach((slope, i) => {
      p[i] = p[i]! - rate * Math.sign(0.9 * average[i]! + 0.1 * slope);
      average[i] = 0.99 * average[i]! + 0.01 * slope;
    }),
});

/** Data: sums of two numbers on a grid. */
const x = Float32Array.from({ length: 2048 }, (_, i) => ((i % 2 === 0 ? i : 7 * i) % 32) / 32);
const y = Float32Array.from({ length: 1024 }, (_, n) => x[2 * n]! + x[2 * n + 1]!);

const mine = experiment({
  network: sequential(
    quantized(dense)("hidden", { units: 16 }),
    relu(),
    quantized(dense)("output", { units: 1, gain: 1 }),
  ),
  data: fromArrays(x, y, [1, 1, 2], { name: "sums", test: 0.25 }),
  loss: huber,
  optimizer: optimizerOf("lion", lion),
  schedule: constantRate(0.002),
  batch: 32,
  epochs: 3,
});

train(mine).subscribe((event) => {
  if (event.event === "epoch") console.log(`epoch ${event.epoch}: loss ${event.testLoss?.toFixed(4)}`);
});

/* It prints:
epoch 1: loss 0.5506
epoch 2: loss 0.2557
epoch 3: loss 0.0631
*/
