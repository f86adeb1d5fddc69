/** @file What networks that give images are made of: pixel shuffle, scaling, and the absolute error with its PSNR. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../core/engines/simd/engine.ts";
import { elements, tensor } from "../../core/tensor.ts";
import { pixelShuffle } from "../../operators/layers/pixelShuffle.ts";
import { scaled } from "../../operators/layers/scaled.ts";
import { absoluteError } from "../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { close } from "../support/close.ts";
import { stepped } from "../support/stepped.ts";
import { filled, gaussian } from "../support/tensors.ts";
import {
  batch,
  built,
  metricsOf,
  numbers,
  opened,
  outcome,
  refusals,
  testScope,
} from "../support/testScope.ts";

const test = suite("upscaling");

test("pixelShuffle puts the channels of a pixel side by side, two by two, and back", () => {
  // Pixels a and b, each of 4 places with 2 channels: a0 a0' a1 a1' a2 a2' a3 a3', then b.
  const x = filled([1, 1, 2, 8], (i) => i);
  const places = [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15];
  const { y, dx } = stepped(
    pixelShuffle(2),
    x,
    filled([1, 2, 4, 2], (i) => 100 + (places[i] as number)),
  );
  assert.equal(y.shape, [1, 2, 4, 2]);
  assert.equal([...numbers(y)], places);
  assert.equal(
    [...numbers(dx)],
    places.map((_, i) => 100 + i),
  );
});

test("pixelShuffle moves every sample and row, on any engine alike", () => {
  const x = gaussian([3, 4, 5, 12], "x");
  const dy = gaussian([3, 8, 10, 3], "dy");
  const found = stepped(pixelShuffle(2), x, dy, { engine: simd() });
  const [y, dx] = [numbers(found.y), numbers(found.dx)];
  for (let n = 0; n < 3; n++)
    for (let h = 0; h < 8; h++)
      for (let w = 0; w < 10; w++)
        for (let c = 0; c < 3; c++) {
          const large = ((n * 8 + h) * 10 + w) * 3 + c;
          const small = ((n * 4 + (h >> 1)) * 5 + (w >> 1)) * 12 + ((h % 2) * 2 + (w % 2)) * 3 + c;
          assert.is(y[large], elements(x)[small]);
          assert.is(dx[small], elements(dy)[large]);
        }
});

test("pixelShuffle wants a multiple of the factor's square", () => {
  assert.match(
    refusals(pixelShuffle(2), testScope({ shape: [4, 4, 6], path: "up" })).join(),
    /^up: 6 channels and a factor of 2, expected a multiple of factor \* factor channels/,
  );
  assert.is(refusals(pixelShuffle(1.5), testScope({ shape: [4, 4, 9] })).length, 1);
});

test("scaled rounds to float32, both ways", () => {
  const { y, dx } = stepped(
    scaled(0.1),
    filled([1, 1, 1, 3], (i) => i + 1),
    filled([1, 1, 1, 3], (i) => 5 * i),
  );
  const tenth = Math.fround(0.1);
  assert.equal(
    [...numbers(y)],
    [1, 2, 3].map((v) => Math.fround(tenth * v)),
  );
  assert.equal(
    [...numbers(dx)],
    [0, 5, 10].map((v) => Math.fround(tenth * v)),
  );
});

test("absoluteError: the mean of |y - t|, and a PSNR that is 20 dB for an error of a tenth, as a mean over images", () => {
  const scope = testScope({ shape: [1, 2, 2] });
  const run = opened(built(absoluteError(), scope).layer);
  const target = tensor(Float32Array.of(0, 1, 0.5, 0.25, 0, 0, 0, 0), [2, 1, 2, 2]);
  const output = tensor(Float32Array.of(0.1, 0.9, 0.6, 0.15, 0.01, -0.01, 0.01, -0.01), [2, 1, 2, 2]);
  const signals = run(batch(output, { target, training: false }));
  const [loss, psnr] = metricsOf(signals);
  assert.equal([loss!.name, psnr!.name, psnr!.samples, psnr!.training], ["loss", "psnr", 2, false]);
  close(loss!.value, 0.055, 1e-6);
  close(psnr!.value, (20 + 40) / 2, 1e-4);
  assert.equal(outcome(signals).x.shape, [1, 1, 1, 1]);
});

test("a target of another shape is refused with both shapes, and losses do not take each other's targets", () => {
  const run = (
    module: Parameters<typeof built>[0],
    shape: readonly number[],
    target: Parameters<typeof batch>[1],
  ) => {
    const layer = built(module, testScope({ shape: shape.slice(1) })).layer;
    return () => opened(layer)(batch(gaussian(shape, "x"), target));
  };
  assert.throws(
    run(absoluteError(), [2, 4, 4, 3], { target: gaussian([2, 8, 8, 3], "t") }),
    /^loss: an output of 2x4x4x3 for a target of 2x8x8x3, expected two of the same shape/,
  );
  assert.throws(
    run(absoluteError(), [2, 1, 1, 3], {}),
    /^loss: labels as the target, expected a tensor of 2x1x1x3/,
  );
  assert.throws(
    run(crossEntropy(), [2, 1, 1, 3], { target: gaussian([2, 1, 1, 3], "t") }),
    /^loss: a tensor as the target, expected labels/,
  );
});

test.run();
