/** @file Layers: what they compute and emit, and what they refuse. */
import { of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Role, Signal } from "../../core/signal.ts";
import { tensor } from "../../core/tensor.ts";
import { batchNorm } from "../../operators/layers/batchNorm.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { flatten } from "../../operators/layers/flatten.ts";
import { averagePool, maxPool } from "../../operators/layers/pool.ts";
import { residual } from "../../operators/layers/residual.ts";
import { subsample } from "../../operators/layers/subsample.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { type Convolution, under } from "../../operators/module/module.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { allClose, close } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { stepped } from "../support/stepped.ts";
import { gaussian, row } from "../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  metricsOf,
  numbers,
  only,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  seenOf,
  testScope,
} from "../support/testScope.ts";

const test = suite("layers");

test("each branch of a residual block keeps its sites' state from step to step", () => {
  const branch = quantized(conv2d)("branch", { outChannels: 2, kernel: 3, padding: 1 });
  const scope = testScope({ shape: [3, 3, 2], quantizer: quantizing(inHindsight()) });
  const run = opened(built(residual(branch), scope).layer);
  const isStatic = (step: number): readonly boolean[] => {
    const signals = run(batch(gaussian([1, 3, 3, 2], "x"), { step }));
    const back = pulledBack(outcome(signals), gaussian([1, 3, 3, 2], "dy"));
    return seenOf([...signals, ...back]).map((seen) => seen.isStatic);
  };
  assert.equal(isStatic(0), [false, false, false]);
  assert.equal(isStatic(1), [true, true, true]);
});

test("signals between the branches of a residual block all come out, once", () => {
  const conv1 = (name: string) => quantized(conv2d)(name, { outChannels: 2, kernel: 1 });
  const { signals, back } = stepped(
    residual(conv1("left"), conv1("right")),
    gaussian([1, 3, 3, 2], "x"),
    gaussian([1, 3, 3, 2], "dy"),
    {
      quantizer: quantizing(inHindsight()),
    },
  );
  assert.equal(
    seenOf(signals).map(({ site }) => site),
    ["left/input", "left/weight", "right/input", "right/weight"],
  );
  assert.equal(
    seenOf(back).map(({ site }) => site),
    ["left/gradient", "right/gradient"],
  );
  assert.is(only("Activation")(signals).length, 1);
  assert.is(gradientsOf(back).length, 2);
});

test("batchNorm: training makes each channel's mean 0 and variance 1", () => {
  const x = gaussian([8, 3, 3, 2], "x", 7);
  const y = numbers(stepped(batchNorm("norm", { epsilon: 0 }), x, x).y);
  for (const channel of [0, 1]) {
    const values = [...y].filter((_, i) => i % 2 === channel);
    const mean = values.reduce((s, v) => s + v / values.length, 0);
    close(mean, 0, 1e-5);
    close(
      values.reduce((s, v) => s + (v - mean) ** 2 / values.length, 0),
      1,
      1e-4,
    );
  }
});

test("batchNorm: evaluation uses the running statistics, whose variance is the unbiased one", () => {
  const scope = testScope({ shape: [1, 1, 1] });
  const run = opened(built(batchNorm("norm", { decay: 0.75, epsilon: 0 }), scope).layer);
  const x = tensor(Float32Array.of(2, 4, 6, 8), [4, 1, 1, 1]);
  run(batch(x));
  const value = (path: string): number =>
    elements(scope.parameters.list().find((p) => p.path === path)!.value)[0]!;
  close(value("norm/mean"), 0.25 * 5, 1e-6);
  close(value("norm/variance"), 0.75 + 0.25 * (20 / 3), 1e-5);
  const y = numbers(outcome(run(batch(x, { training: false }))).x);
  allClose(
    y,
    [2, 4, 6, 8].map((v) => (v - value("norm/mean")) / Math.sqrt(value("norm/variance"))),
    1e-5,
  );
  close(value("norm/mean"), 0.25 * 5, 1e-6, "evaluation learns nothing");
});

test("crossEntropy: the loss of equal logits is log(classes); loss and accuracy are means over samples", () => {
  const run = opened(built(crossEntropy(), testScope({ shape: [1, 1, 4] })).layer);
  const loss = (logits: readonly number[], ...labels: readonly number[]) =>
    metricsOf(
      run(
        batch(tensor(Float32Array.from(logits), [labels.length, 1, 1, 4]), {
          target: Int32Array.from(labels),
        }),
      ),
    );
  close(loss([7, 7, 7, 7], 2)[0]!.value, Math.log(4), 1e-6);
  const [mean, accuracy] = loss([0, 0, 0, 9, 0, 0, 0, 0], 3, 1);
  close(mean!.value, (Math.log(3 + Math.exp(9)) - 9 + Math.log(4)) / 2, 1e-6);
  assert.equal([accuracy!.name, accuracy!.value, accuracy!.samples], ["accuracy", 0.5, 2]);
  close(loss([1000, 0, 0, 0], 1)[0]!.value, 1000, 1e-3, "large logits do not overflow");
});

test("a loss that is not finite emits a fault that names the parameter where that began, and ends the run", () => {
  const scope = testScope({ shape: [1, 1, 2] });
  const network = sequential(dense("dense", { units: 2 }), crossEntropy());
  const { layer } = built(network, scope);
  elements(scope.parameters.list()[0]!.value)[1] = Number.NaN;
  const signals: Signal[] = [];
  let message = "";
  layer(of(batch(row(1, 1), { step: 12 }))).subscribe({
    next: (signal) => signals.push(signal),
    error: (error: Error) => {
      message = error.message;
    },
  });
  assert.match(
    message,
    /^loss, step 12: the loss is NaN, and dense\/weight holds NaN or infinity, expected a finite loss; lower the learning/,
  );
  const [fault] = only("Fault")(signals);
  assert.equal([fault!.kind, fault!.site, fault!.step], ["LossNotFinite", "dense/weight", 12]);
});

test("names and shapes are joined along the network, and convolutions announced", () => {
  const announced: Convolution[] = [];
  const scope = testScope({ shape: [8, 8, 3], announce: (c) => announced.push(c) });
  const network = sequential(
    under(
      "layer1",
      sequential(conv2d("conv", { outChannels: 4, kernel: 3, stride: 2, padding: 1 }), maxPool({ size: 2 })),
    ),
    flatten(),
    dense("dense", { units: 5 }),
  );
  assert.equal(built(network, scope).shape, [1, 1, 5]);
  assert.equal(
    scope.parameters.list().map(({ path, value }) => [path, value.shape.join("x")]),
    [
      ["layer1/conv/weight", "4x3x3x3"],
      ["dense/weight", "5x1x1x16"],
      ["dense/bias", "5"],
    ],
  );
  assert.equal(
    announced.map(({ path, outShape }) => [path, outShape.join("x")]),
    [
      ["layer1/conv", "4x4x4"],
      ["dense", "1x1x5"],
    ],
  );
});

test("parameters start from the seed and their path alone", () => {
  const weights = (...names: readonly string[]): readonly string[] => {
    const scope = testScope({ shape: [4, 4, 2] });
    built(sequential(...names.map((name) => conv2d(name, { outChannels: 2, kernel: 1 }))), scope);
    return scope.parameters.list().map(({ value }) => elements(value).join());
  };
  assert.equal(weights("a", "b"), weights("b", "a").toReversed());
  assert.not.equal(weights("a")[0], weights("b")[0]);
});

test("what cannot be built is refused with its path, before a batch flows", () => {
  const scope = (s: readonly number[]) => testScope({ path: "net", shape: s });
  const twice = sequential(
    conv2d("conv", { outChannels: 2, kernel: 1 }),
    conv2d("conv", { outChannels: 2, kernel: 1 }),
  );
  const cases = [
    [conv2d("conv", { outChannels: 3, kernel: 5 }), /^net\/conv: a kernel of 5x5 over an image of 3x3x2/],
    [
      conv2d("conv", { outChannels: 3, kernel: 1, groups: 2 }),
      /^net\/conv: 2 groups for 2 input and 3 output channels/,
    ],
    [twice, /^net\/conv: a second layer of this name, expected a unique name/],
    [sequential(batchNorm("norm"), batchNorm("norm")), /^net\/norm: a second layer of this name/],
    [maxPool({ size: 4 }), /^net: a kernel of 4x4/],
    [maxPool({ size: 1, stride: 1, padding: 1 }), /^net: .* padding of 1, so that a window is padding only/],
    [averagePool({ size: 2, padding: 2 }), /^net: .* so that a window is padding only/],
    [subsample({ stride: 0, channels: 2 }), /^net shortcut: a stride of 0 and 2 channels, expected positive/],
    [subsample({ stride: 1.5, channels: 2 }), /^net shortcut: a stride of 1.5/],
    [
      sequential(conv2d("conv", { outChannels: 1, kernel: 1 }), crossEntropy()),
      /^net\/loss: logits of 3x3x1, expected 1x1xclasses; end the network with dense/,
    ],
    [subsample({ stride: 2, channels: 1 }), /^net shortcut: 1 output channels for 2 input channels/],
    [
      residual(conv2d("conv", { outChannels: 3, kernel: 1 })),
      /^net, residual: a branch of 3x3x3 and a shortcut of 3x3x2/,
    ],
  ] as const;
  for (const [module, expected] of cases)
    assert.match(refusals(module, scope([3, 3, 2])).join("\n"), expected);
});

test("a training batch with one value for each channel is refused by the normalization's name, and teaches it nothing", () => {
  const scope = testScope({ path: "net", shape: [1, 1, 2] });
  const run = opened(built(batchNorm("norm"), scope).layer);
  const values = () => scope.parameters.list().map(({ value }) => [...elements(value)]);
  const before = values();
  assert.throws(
    () => run(batch(row(3, 4), { step: 7 })),
    /^net\/norm, step 7: a single value for each channel of 1x1x1x2 in training, expected more than one; use a larger batch/,
  );
  assert.equal(values(), before);
  const evaluating = opened(built(batchNorm("norm"), testScope({ shape: [1, 1, 2] })).layer);
  const { x } = outcome(evaluating(batch(row(3, 4), { training: false })));
  allClose(numbers(x), [3, 4], 1e-4);
});

test("what is wrong with a branch and with its shortcut is told together", () => {
  const wide = (name: string) => conv2d(name, { outChannels: 2, kernel: 5 });
  const found = refusals(residual(wide("a"), wide("b")), testScope({ shape: [3, 3, 2] }));
  assert.equal(
    found.map((sentence) => sentence.split(":")[0]),
    ["a", "b"],
  );
});

test("everything that is wrong with modules in a row is told together, up to one whose shape is unknown", () => {
  const conv = (name: string, kernel: number) => conv2d(name, { outChannels: 2, kernel });
  const network = sequential(
    quantize({ activation: "a", gradient: "b" }),
    conv("conv", 2),
    sequential(quantize({ activation: "c" }), conv("conv", 1)),
    conv("large", 9),
    quantize({ activation: "d" }),
  );
  const quantizer = quantizing(inHindsight(), { bits: 9 });
  const narrow = (site: string, role: Role) =>
    role === "weight" ? { ...quantizer(site, role), bits: 32 } : quantizer(site, role);
  const found = refusals(network, testScope({ path: "net", shape: [3, 3, 2], quantizer: narrow }));
  assert.equal(
    found.map((sentence) => sentence.split(",")[0]),
    [
      "net/a: bits is 9",
      "net/b: bits is 9",
      "net/c: bits is 9",
      "net/conv: a second layer of this name",
      "net/large: a kernel of 9x9 over an image of 2x2x2 padded by 0",
    ],
  );
});

test.run();
