/** @file The text of an experiment file that holds every function that one can hold. */

/** Statements that never end: one keeps a processor busy, the other waits for what nobody tells. */
export const endless = {
  loop: "for (;;);",
  wait: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
} as const;

/**
 * An experiment whose every function has a name here: it leaves behind which there are, and which were called.
 *
 * @param hanging name of the one that does not come back, and `how`
 */
export const everyFunction = (
  hanging: string,
  how: keyof typeof endless = "loop",
): string => `import { writeFileSync } from "node:fs";
import { map } from "rxjs";
import { activation, dense, experimentWith, fromArrays, hostRule, layer, loss, ofTensor, quantized, relu, sequential, constant } from "rangeflow";
import { optimizer } from "rangeflow/operators";

const declared = new Set();
const called = new Set();
const unwatched = new Set();
/** A function that does not come back from its so manieth call, if it is the one. */
const may = (name, f, call = 1) => {
  declared.add(name);
  let calls = 0;
  const g = (...given) => {
    called.add(name);
    if (globalThis.watchdogDepth?.() === 0) unwatched.add(name);
    if (++calls === call && name === ${JSON.stringify(hanging)}) ${endless[how]}
    return f(...given);
  };
  return Object.defineProperty(g, "name", { value: name });
};
process.on("exit", () => writeFileSync("called.json", JSON.stringify({ declared: [...declared], called: [...called], unwatched: [...unwatched] })));

const x = Float32Array.from({ length: 128 }, (_, i) => ((i * 7) % 31) / 31);
const y = Float32Array.from({ length: 64 }, (_, n) => x[2 * n] * x[2 * n + 1]);
const arrays = fromArrays(x, y, [1, 1, 2], { name: "grid", test: 0.25 });
const data = may("data", () => ({
  ...arrays,
  content: may("data.content", arrays.content),
  blank: may("data.blank", arrays.blank),
  batches: may("data.batches", (how) => {
    const { train, test } = arrays.batches(how);
    return {
      train: { ...train, make: may("train.make", train.make) },
      test: { ...test, make: may("test.make", test.make) },
    };
  }),
}));

const passing = layer("passing", may("layer", (scope) => {
  const gain = scope.parameter("gain", "normalization", [1], may("layer.fill", constant(1)));
  return {
    forward: may("layer.forward", (x, ctx) => ({ y: x, save: undefined })),
    backward: may("layer.backward", (dy, _, ctx) =>
      ({ dx: dy, gradients: new Map([[gain, ofTensor(ctx.upload(new Float32Array(1), [1]))]]) })),
    evaluate: may("layer.evaluate", (x) => x),
  };
}));
const operator = may("module", ({ shape }) =>
  ({ _tag: "Right", right: { shape, layer: may("operator", (signals$) => signals$.pipe(map(may("operator.next", (s) => s)))) } }));

const network = {
  forData: may("forData", () => sequential(
    quantized(dense)("hidden", { units: 8 }),
    activation("silu", may("activation.f", (v) => v, 50), may("activation.df", () => 1, 50)),
    passing,
    operator,
    quantized(dense)("output", { units: 1, gain: 1 }),
  )),
};

const rule = hostRule({
  state: { average: may("rule.state", (shape) => shape) },
  update: may("rule.update", (p, g, _, { rate }) => g.forEach((slope, i) => { p[i] -= rate * slope; })),
});

const learning = {
  ...{ rate: 1, momentum: 0, weightDecay: 0 },
  keep: (value) => value,
};
const learned = {
  ...{ name: "learned", roles: ["weight", "activation"], parameter: "bound", sign: "signed", residual: true, learning },
  start: may("learned.start", () => 1),
  range: may("learned.range", (p) => ({ lo: -Math.abs(p), hi: Math.abs(p) })),
  gradientScale: may("learned.gradientScale", () => 1),
};
const transform = {
  ...{ name: "bent", roles: ["weight"], integerBits: [] },
  learns: may("transform.learns", () => [{ name: "scale", start: may("transform.start", () => Float32Array.of(1)), learning }]),
  transform: may("transform.transform", (w) => ({
    values: w,
    range: { lo: -1, hi: 1 },
    pullback: may("transform.pullback", (dw) => ({ dw, learned: [new Float32Array(1)] })),
  })),
};
const projection = {
  ...{ name: "projected", roles: ["activation"], follows: "range", bits: [8] },
  project: may("projection.project", (x) => ({ values: x, clipped: 0 })),
};

export default experimentWith({
  options: { width: { type: "integer", default: 8, help: "" } },
  make: may("make", () => ({
    ...{ network, data, batch: 16, epochs: 2 },
    loss: loss("mine", may("loss.f", (a, b) => (a - b) ** 2, 50), may("loss.df", (a, b) => 2 * (a - b), 50)),
    metrics: [
      { name: "mine", better: "lower", evaluate: may("metric.evaluate", () => 1) },
      { name: "all", better: "lower", gather: may("metric.gather", () => 1), compute: may("metric.compute", () => 1) },
    ],
    optimizer: {
      name: "mine",
      make: may("optimizer.make", (rate) =>
        optimizer(rule, { rate, quantizerRate: may("quantizerRate", () => 0.001) })),
      batchAt: may("optimizer.batchAt", (step) => step),
    },
    schedule: may("schedule", () => 0.01),
    quantization: [
      { gradient: { quantizer: may("choose", (base) => ({ ...base, rounding: "nearest" })) } },
      { at: "hidden/*", weight: { quantizer: transform }, activation: { quantizer: projection } },
      { at: "output/*", weight: { quantizer: learned } },
      { at: "output/*", activation: { range: may("estimator", (stat$) => stat$.pipe(map(may("estimator.next", ({ min, max }) => ({ lo: min, hi: max }))))) } },
    ],
  })),
});
`;
