/** @file What enters a network is checked before anything is computed of it, by place, step, and what would have been right. */
import { of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import type { Signal } from "../../../core/signal.ts";
import type { Target } from "../../../core/target.ts";
import { type Shape, sizeOf, tensor } from "../../../core/tensor.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { globalAveragePool } from "../../../operators/layers/pool.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { absoluteError } from "../../../operators/losses/absoluteError.ts";
import { constrained } from "../../../operators/losses/constrained.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { weightBarrier } from "../../../operators/losses/logBarrier.ts";
import { sharedGradients } from "../../../operators/losses/sharedGradients.ts";
import { type Batch, beginStep, build, scopeFor } from "../../../operators/module/build.ts";
import { identity } from "../../../operators/module/identity.ts";
import { type Module, under } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { adam } from "../../../operators/training/adam.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { close } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";

const test = suite("the door of a network");

const shape = [6, 6, 1];
const rate = constantRate(0.1);
const constraint = { bound: 0.1, rate: 0.1, period: 10 };

/** A convolution that takes any image with one channel, and a dense layer that takes one size only. */
const body = sequential(
  quantized(conv2d)("conv1", { outChannels: 2, kernel: 3 }),
  batchNorm("norm1"),
  relu(),
  quantized(dense)("dense1", { units: 3 }),
);
const classifier = sequential(under("net", body), crossEntropy(), sgd({ rate }));
const upscaler = sequential(
  conv2d("conv1", { outChannels: 1, kernel: 3, padding: 1 }),
  absoluteError(),
  sgd({ rate }),
);

interface Entered {
  readonly sentence: string;
  readonly signals: readonly Signal[];
  readonly unchanged: boolean;
}

/** Outcome of a batch at step 3 of a network: the sentence that refuses it, what was emitted, whether any parameter has moved. */
const entered = (module: Module, batch: Batch, training = true): Entered => {
  const scope = scopeFor({ engine: simd({ bytes: 2 ** 24 }), shape });
  const { layer } = build(module, scope);
  const values = (): string =>
    JSON.stringify(scope.parameters.list().map(({ value }) => [...elements(value)]));
  const before = values();
  const signals: Signal[] = [];
  let failure: unknown;
  try {
    of(beginStep(scope.engine, batch, { step: 3, training }))
      .pipe(layer)
      .subscribe({
        next: (signal) => signals.push(signal),
        error: (error: unknown) => {
          failure = error;
        },
      });
  } catch (error) {
    failure = error;
  }
  scope.engine.dispose();
  if (failure) assert.instance(failure, RangeflowFailure);
  return {
    sentence: failure ? (failure as Error).message : "",
    signals,
    unchanged: values() === before,
  };
};

const images = (
  of: Shape,
  target: Target,
  x: Float32Array = new Float32Array(sizeOf(of)).fill(0.5),
): Batch => ({
  x,
  target,
  shape: of,
});

const labels = (...of: readonly number[]): Int32Array => Int32Array.from(of);

const refuses = (module: Module, batch: Batch, expected: RegExp): void => {
  for (const training of [true, false]) {
    const { sentence, signals, unchanged } = entered(module, batch, training);
    assert.match(sentence, expected);
    assert.equal(signals, []);
    assert.ok(unchanged);
  }
};

test("a batch for which the network was built is trained on", () => {
  const { sentence, signals } = entered(classifier, images([2, 6, 6, 1], labels(0, 2)));
  assert.is(sentence, "");
  assert.is(signals.at(-1)?._tag, "Activation");
});

test("numbers that are not as many as the shape says are refused", () => {
  const seven = images([2, 6, 6, 1], labels(0, 1), new Float32Array(7));
  refuses(classifier, seven, /^batch, step 3: 7 numbers for images of 2x6x6x1, expected 72\.$/);
  const many = images([2, 6, 6, 1], labels(0, 1), new Float32Array(73));
  refuses(classifier, many, /^batch, step 3: 73 numbers/);
});

test("numbers of another type are refused", () => {
  const doubles = images([2, 6, 6, 1], labels(0, 1), new Float64Array(72) as unknown as Float32Array);
  refuses(classifier, doubles, /^batch, step 3: images in Float64Array, expected a Float32Array/);
  const plain = images([2, 6, 6, 1], labels(0, 1), Array(72).fill(0) as unknown as Float32Array);
  refuses(classifier, plain, /^batch, step 3: images in Array, expected a Float32Array/);
});

test("shapes that are none are refused", () => {
  for (const wrong of [
    [0, 6, 6, 1],
    [2, 6, 6],
    [2, 6.5, 6, 1],
    [Number.NaN, 6, 6, 1],
    [-2, -6, 6, 1],
    [Number.POSITIVE_INFINITY, 6, 6, 1],
  ]) {
    const batch = images(wrong, labels(0, 1), new Float32Array(72));
    refuses(classifier, batch, /^batch, step 3: a shape of .*, expected images, height, width and channels/);
  }
  const none = images(undefined as unknown as Shape, labels(0), new Float32Array(36));
  refuses(classifier, none, /^batch, step 3: a shape of undefined/);
});

test("targets that are not one for each image are refused", () => {
  const batch = (target: unknown): Batch => images([2, 6, 6, 1], target as Target);
  refuses(classifier, batch(labels(0)), /^batch, step 3: a target for 1 of 2 images, expected one for each/);
  refuses(classifier, batch(labels(0, 1, 2)), /^batch, step 3: a target for 3 of 2 images/);
  refuses(
    classifier,
    batch([0, 1]),
    /^batch, step 3: a target that is neither labels nor a tensor, expected an Int32Array/,
  );
  refuses(classifier, batch(undefined), /^batch, step 3: a target that is neither/);
});

test("labels that are no classes of the loss are refused by its place", () => {
  const networks: readonly (readonly [string, Module])[] = [
    ["loss", classifier],
    ["loss", sequential(body, crossEntropy({ smoothing: 0.1 }), sharedGradients(), adam({ rate }))],
    ["loss", sequential(constrained(body, { constraint }), sharedGradients(), sgd({ rate }))],
    ["net/loss", sequential(under("net", sequential(body, crossEntropy())), sgd({ rate }))],
  ];
  for (const [place, network] of networks)
    for (const label of [3, 11, -1, 255]) {
      const expected = `^${place}, step 3: label ${label} at image 1, expected integers from 0 to 2\\.$`;
      refuses(network, images([2, 6, 6, 1], labels(2, label)), new RegExp(expected));
    }
});

test("a target of the other kind is refused", () => {
  const [few, pixels] = [labels(0, 1), tensor(new Float32Array(72), [2, 6, 6, 1])];
  refuses(classifier, images([2, 6, 6, 1], pixels), /^loss, step 3: a tensor as the target, expected labels/);
  refuses(
    upscaler,
    images([2, 6, 6, 1], few),
    /^loss, step 3: labels as the target, expected a tensor of 2x6x6x1/,
  );
});

test("a target tensor of another shape than the output is refused, also of as many elements", () => {
  for (const wrong of [
    [2, 12, 3, 1],
    [2, 6, 6, 2],
    [2, 36, 1, 1],
  ])
    refuses(
      upscaler,
      images([2, 6, 6, 1], tensor(new Float32Array(sizeOf(wrong)), wrong)),
      /^loss, step 3: an output of 2x6x6x1 for a target of .*, expected two of the same shape/,
    );
});

test("images for which a layer would have other parameters are refused by its name", () => {
  refuses(
    classifier,
    images([2, 8, 8, 3], labels(0, 1)),
    /^net\/conv1\/weight, step 3: images of 8x8x3, for which it would be 2x3x3x3, expected images of 6x6x1, which the network was built for and for which it is 2x3x3x1; build it in a scope/,
  );
  refuses(
    classifier,
    images([2, 8, 8, 1], labels(0, 1)),
    /^net\/dense1\/weight, step 3: images of 8x8x1, for which it would be 3x6x6x2, .* it is 3x4x4x2/,
  );
  // As many numbers in another order.
  refuses(classifier, images([2, 4, 9, 1], labels(0, 1)), /^net\/dense1\/weight, step 3: images of 4x9x1/);
  refuses(
    classifier,
    images([2, 2, 2, 1], labels(0, 1)),
    /^batch, step 3: images of 2x2x1 \(net\/conv1: a kernel of 3x3 over an image of 2x2x1 .*\), expected images of 6x6x1/,
  );
  const flat = sequential(flatten(), dense("dense1", { units: 3 }), crossEntropy(), sgd({ rate }));
  refuses(flat, images([2, 7, 6, 1], labels(0, 1)), /^dense1\/weight, step 3: images of 7x6x1/);
});

const lossIn = ({ signals }: Entered): number =>
  signals.flatMap((signal) => (signal._tag === "Metric" && signal.name === "loss" ? signal.value : []))[0] ??
  Number.NaN;

test("a network that would be the same for larger images takes them", () => {
  const target = (of: Shape) => tensor(new Float32Array(sizeOf(of)), of);
  const large = [2, 9, 8, 1];
  assert.is(entered(upscaler, images(large, target(large))).sentence, "");
  assert.match(
    entered(upscaler, images(large, target([2, 6, 6, 1]))).sentence,
    /^loss, step 3: an output of 2x9x8x1 for a target of 2x6x6x1/,
  );
  const pooling = sequential(
    conv2d("conv1", { outChannels: 2, kernel: 3 }),
    globalAveragePool(),
    flatten(),
    dense("dense1", { units: 3 }),
    crossEntropy(),
    sgd({ rate }),
  );
  // Images of one grey: the mean of what a convolution makes of them is the same, however large they are.
  const lossOf = (side: number): number =>
    lossIn(entered(pooling, images([2, side, side, 1], labels(0, 1)), false));
  close(lossOf(9), lossOf(6), 1e-6);
});

test("an optimizer without a loss in front is refused when it is built, or, of one output, in the first step", () => {
  const scope = () => scopeFor({ engine: simd({ bytes: 2 ** 24 }), shape });
  for (const optimizer of [sgd, adam])
    assert.throws(
      () => build(sequential(body, optimizer({ rate })), scope()),
      /^optimizer: an output of 1x1x3, expected the loss of a batch, which is one number; end the network with a loss/,
    );
  assert.throws(
    () =>
      build(
        sequential(body, weightBarrier({ weight: 1, bound: 1, sharpness: () => 1 }), sgd({ rate })),
        scope(),
      ),
    /^optimizer: an output of 1x1x3/,
  );
  const one = sequential(dense("dense1", { units: 1 }), sgd({ rate }));
  const { sentence, unchanged } = entered(one, images([2, 6, 6, 1], labels(0, 1)));
  assert.match(sentence, /^optimizer, step 3: an output of 2x1x1x1, expected the loss of a batch/);
  assert.ok(unchanged);
});

test("a scope whose shape is none is refused before anything is built", () => {
  for (const wrong of [[6, 6], [6.5, 6, 1], [0, 6, 1], []])
    assert.throws(
      () => build(identity(), scopeFor({ engine: simd({ bytes: 2 ** 20 }), shape: wrong })),
      /^scope: a shape of .*, expected height, width and channels of one sample, each a positive integer/,
    );
});

test.run();
