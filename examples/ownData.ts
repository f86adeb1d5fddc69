/** Data from memory: two spirals of points in the plane, as arrays of numbers and labels; and a custom metric. */
import {
  crossEntropy,
  dense,
  elements,
  experiment,
  fromArrays,
  type OutputMetric,
  optimizers,
  quantized,
  relu,
  sequential,
  train,
} from "rangeflow";

const count = 2000;
const x = new Float32Array(2 * count);
const y = new Int32Array(count);
for (let n = 0; n < count; n++) {
  const [arm, along] = [n % 2, (n - (n % 2)) / count];
  const angle = 6 * along + Math.PI * arm;
  x.set([along * Math.cos(angle), along * Math.sin(angle)], 2 * n);
  y[n] = arm;
}

// One sample is an image of 1x1 pixels with two channels. A fifth of the samples is held out for testing.
const spirals = fromArrays(x, y, [1, 1, 2], { name: "spirals", classes: ["left", "right"], test: 0.2 });

/** Mean over samples of the distance between the two logits. */
const margin: OutputMetric = {
  name: "margin",
  better: "higher",
  evaluate: (output) => {
    const y = elements(output);
    let sum = 0;
    for (let n = 0; n < y.length; n += 2) sum += Math.abs(y[n]! - y[n + 1]!);
    return sum / (y.length / 2);
  },
};

const mine = experiment({
  network: sequential(
    quantized(dense)("hidden1", { units: 32 }),
    relu(),
    quantized(dense)("hidden2", { units: 32 }),
    relu(),
    quantized(dense)("output", { units: 2, gain: 1 }),
  ),
  data: spirals,
  loss: crossEntropy(),
  metrics: [margin],
  optimizer: optimizers.sgd({ momentum: 0.9 }),
  batch: 20,
  epochs: 10,
});

train(mine).subscribe((event) => {
  if (event.event === "epoch" && event.epoch % 5 === 0)
    console.log(`accuracy ${event.testScore}, margin ${event.metrics?.[0]?.test?.toFixed(2)}`);
});

/* It prints:
accuracy 0.98, margin 3.95
accuracy 0.99, margin 4.44
*/
