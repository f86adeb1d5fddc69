import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codes, elements, reshaped, sizeOf, tensor } from "../../core/tensor.ts";

const test = suite("tensors");

const shapes = [[2, 3, 4, 5], [1, 1, 1, 1], [0, 2, 2, 2], [7], [3, 4], []];

test("a tensor is the view that ndarray makes of the same data and shape", () => {
  for (const shape of shapes) {
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i);
    const [ours, theirs] = [tensor(data, shape), ndarray(data, [...shape])];
    assert.is(ours.constructor, theirs.constructor);
    assert.equal(
      [ours.shape, ours.stride, ours.offset, ours.size, ours.dtype],
      [theirs.shape, theirs.stride, theirs.offset, theirs.size, theirs.dtype],
    );
    assert.is(ours.data, data);
  }
  const ours = codes(new Int8Array(6), [1, 2, 3, 1]);
  assert.equal([ours.dtype, ours.stride, ours.size], ["int8", [6, 3, 1, 1], 6]);
  assert.is(tensor(Float32Array.of(0, 1, 2, 3, 4, 5), [1, 2, 3, 1]).get(0, 1, 2, 0), 5);
});

test("the elements of a tensor are a view of its data, also where it begins in the midst of them", () => {
  const data = Float32Array.of(0, 1, 2, 3, 4, 5);
  assert.is(elements(tensor(data, [1, 2, 3, 1])), data);
  const second = ndarray(data, [1, 1, 3, 1], [3, 3, 1, 1], 3);
  assert.equal([...elements(second)], [3, 4, 5]);
  assert.is(elements(second).buffer, data.buffer);
});

test("a shape that does not fit the data is refused", () => {
  assert.throws(() => tensor(new Float32Array(5), [2, 3]), /5 elements for shape 2x3, expected 6/);
  assert.throws(() => reshaped(tensor(new Float32Array(6), [2, 3]), [7]), /6 elements for shape 7/);
});

test.run();
