import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../core/errors.ts";
import {
  type ConvShape,
  checkConv,
  checkWindow,
  outputShape,
  positions,
  subsampled,
  weightShape,
} from "../../core/shape.ts";
import { elements, reshaped, sameShape, shapeText, sizeOf, tensor } from "../../core/tensor.ts";

const test = suite("shape and tensor");

const conv = (options: Partial<ConvShape> = {}): ConvShape => ({
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  groups: 1,
  inChannels: 4,
  outChannels: 8,
  ...options,
});

const sentence = (checked: E.Either<Parameters<typeof describe>[0], unknown>): string =>
  E.isLeft(checked) ? describe(checked.left) : "";

test("positions counts where a window fits: by enumeration", () => {
  for (let side = 1; side <= 9; side++)
    for (let kernel = 1; kernel <= 4; kernel++)
      for (let stride = 1; stride <= 3; stride++)
        for (let padding = 0; padding <= 2; padding++) {
          let count = 0;
          for (let first = -padding; first + kernel <= side + padding; first += stride) count++;
          if (kernel <= side + 2 * padding)
            assert.is(
              positions(side, kernel, { kernelHeight: kernel, kernelWidth: kernel, stride, padding }),
              count,
            );
        }
});

test("a padded 3x3 window of stride 1 keeps an image's size, of stride 2 halves it upwards", () => {
  assert.equal(outputShape([2, 7, 5, 4], conv(), 8), [2, 7, 5, 8]);
  assert.equal(outputShape([2, 7, 5, 4], conv({ stride: 2 }), 8), [2, 4, 3, 8]);
  assert.equal(subsampled([2, 7, 5, 4], 2, 6), [2, 4, 3, 6]);
});

test("weights are OHWI, with the input channels of one group", () => {
  assert.equal(weightShape(conv({ groups: 2 })), [8, 3, 3, 2]);
  assert.equal(weightShape(conv({ groups: 4, outChannels: 4 })), [4, 3, 3, 1]);
});

test("what fits is accepted as it is", () => {
  assert.equal(checkConv("conv1", [7, 5, 4])(conv()), E.right(conv()));
});

test("what does not fit is refused in a sentence that says where, what was found and what was expected", () => {
  const image = [2, 2, 4];
  const cases: readonly (readonly [Partial<ConvShape>, RegExp])[] = [
    [{ stride: 0 }, /^conv1: kernel 3x3, stride 0, expected positive integers/],
    [{ kernelHeight: 1.5 }, /^conv1: kernel 1.5x3/],
    [{ padding: -1 }, /^conv1: padding is -1, expected an integer that is not negative/],
    [
      { padding: 0 },
      /^conv1: a kernel of 3x3 over an image of 2x2x4 padded by 0, expected a kernel that fits/,
    ],
    [
      { groups: 3 },
      /^conv1: 3 groups for 4 input and 8 output channels, expected a number of groups that divides both; 2 would fit\./,
    ],
    [{ outChannels: 0 }, /^conv1: 4 to 0 channels in 1 groups, expected positive integers/],
  ];
  for (const [options, expected] of cases)
    assert.match(sentence(checkConv("conv1", image)(conv(options))), expected);
  assert.match(sentence(checkWindow("pool", [1, 9, 4])({ ...conv(), padding: 0 })), /image of 1x9x4/);
});

test("a window is accepted just if it sees an element of the image wherever it stands: by enumeration", () => {
  for (let side = 1; side <= 5; side++)
    for (let kernel = 1; kernel <= 5; kernel++)
      for (let stride = 1; stride <= 3; stride++)
        for (let padding = 0; padding <= 4; padding++) {
          const window = { kernelHeight: kernel, kernelWidth: 5, stride, padding };
          const starts: number[] = [];
          for (let first = -padding; first + kernel <= side + padding; first += stride) starts.push(first);
          const sees = starts.every((first) => first < side && first + kernel > 0);
          const fits = starts.length > 0 && sees;
          const checked = checkWindow("pool", [side, 5, 1])(window);
          assert.is(E.isRight(checked), fits, JSON.stringify({ side, window }));
        }
  const found = sentence(checkConv("conv1", [8, 8, 4])(conv({ kernelHeight: 1, kernelWidth: 1 })));
  assert.is(
    found,
    "conv1: a kernel of 1x1 and a padding of 1, so that a window is padding only, expected less padding than the kernel is high and wide; use less padding or a larger kernel.",
  );
});

test("a tensor has as many elements as its shape says", () => {
  assert.is(sizeOf([2, 3, 4]), 24);
  assert.is(sizeOf([]), 1);
  assert.is(sizeOf([2, 0, 4]), 0);
  assert.is(shapeText([28, 28, 1]), "28x28x1");
  assert.ok(sameShape([1, 2], [1, 2]) && !sameShape([1, 2], [2, 1]) && !sameShape([1], [1, 1]));
  assert.throws(
    () => tensor(new Float32Array(5), [2, 3]),
    (error: Error) =>
      error instanceof RangeError && /5 elements for shape 2x3, expected 6/.test(error.message),
  );
});

test("reshaping and taking the elements look at the same memory", () => {
  const data = Float32Array.of(1, 2, 3, 4);
  const flat = reshaped(tensor(data, [1, 2, 2, 1]), [1, 1, 1, 4]);
  data[2] = 7;
  assert.equal([...elements(flat)], [1, 2, 7, 4]);
});

test.run();
