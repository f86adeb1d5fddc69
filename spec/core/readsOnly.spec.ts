/** @file Copies of values that functions of a user may overwrite. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deepCopy, handedTo, readsOnly } from "../../core/readsOnly.ts";
import { elements, tensor } from "../../core/tensor.ts";

const test = suite("copies of values");

test("arrays, tensors, maps, sets and plain objects are copied, instances of classes are not", () => {
  class Own {}
  const own = new Own();
  const value = {
    list: [[1], Float32Array.of(2)],
    map: new Map([["a", [3]]]),
    set: new Set([4]),
    tensor: tensor(Float32Array.of(5), [1]),
    own,
    nothing: null,
    ["__proto__"]: [6],
  };
  const copy = deepCopy(value);
  assert.equal(copy, value);
  for (const name of ["list", "map", "set", "tensor"] as const) assert.is.not(copy[name], value[name]);
  assert.is.not(copy.map.get("a"), value.map.get("a"));
  assert.is.not(elements(copy.tensor), elements(value.tensor));
  assert.is(copy.own, own);
  assert.ok(Object.hasOwn(copy, "__proto__"));
});

test("what contains itself, or the same twice, does so in the copy", () => {
  const shared = [1];
  const ring: { self?: unknown; readonly pair: readonly (readonly number[])[] } = { pair: [shared, shared] };
  ring.self = ring;
  const copy = deepCopy(ring);
  assert.is(copy.self, copy);
  assert.is(copy.pair[0], copy.pair[1]);
  assert.is.not(copy.pair[0], shared);
});

test("a function that only reads gets the value itself", () => {
  const value = [1];
  assert.is(
    handedTo(
      readsOnly(() => {}),
      value,
    ),
    value,
  );
  assert.is.not(
    handedTo(() => {}, value),
    value,
  );
});

test.run();
