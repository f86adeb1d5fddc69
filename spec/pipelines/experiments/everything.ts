import { experimentWith, fromArrays, recipes } from "rangeflow";
import {
  activation,
  concat,
  dense,
  hostRule,
  identity,
  loss,
  optimizer,
  quantized,
  sequential,
  warmUp,
} from "rangeflow/operators";

/** Two numbers in [-1, 1), and their product. */
const products = (count: number) => {
  const x = Float32Array.from({ length: 2 * count }, (_, i) => ((i * 37) % 101) / 50.5 - 1);
  const y = Float32Array.from({ length: count }, (_, n) => x[2 * n]! * x[2 * n + 1]!);
  return fromArrays(x, y, [1, 1, 2], { name: "products", test: 0.2 });
};

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const slope = (x: number) => sigmoid(x) * (1 + x * (1 - sigmoid(x)));
const silu = (name: string) => activation(name, (x) => x * sigmoid(x), slope);

const huber = loss(
  "huber",
  (y, t) => (Math.abs(y - t) < 1 ? (y - t) ** 2 / 2 : Math.abs(y - t) - 0.5),
  (y, t) => Math.max(-1, Math.min(y - t, 1)),
);

/** Steps of one size, against the sign of an average of gradients. */
const signs = hostRule({
  state: { average: (shape) => shape },
  update: (p, g, { average }, { rate }) =>
    g.forEach((gradient, i) => {
      average[i] = 0.9 * average[i]! + 0.1 * gradient;
      p[i] = p[i]! - rate * Math.sign(average[i]!);
    }),
});

export default experimentWith({
  options: { width: { type: "integer", default: 24, least: 2, help: "units of each hidden layer" } },
  make: ({ width }) => ({
    name: "everything",
    network: sequential(
      concat(identity(), sequential(quantized(dense)("hidden1", { units: width }), silu("silu1"))),
      quantized(dense)("hidden2", { units: width }),
      silu("silu2"),
      quantized(dense)("output", { units: 1, gain: 1 }),
    ),
    data: products(800),
    loss: huber,
    optimizer: { name: "signs", make: (rate) => optimizer(signs, { rate }) },
    schedule: warmUp(10, (step, steps) => 0.01 * (1 - step / steps)),
    quantization: [...recipes.lbt({ bits: 4 }).quantization, { at: "hidden2/*", gradient: { bits: 8 } }],
    batch: 32,
    epochs: 12,
  }),
});
