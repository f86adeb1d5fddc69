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

test("plain objects and classes that have some fields of a tensor are none", () => {
  class Ring {
    readonly data = new Float32Array(4);
    readonly size = 0;
  }
  const ring = { data: Float32Array.of(1, 2, 3), size: 0, at: 2 };
  const copy = deepCopy(ring);
  assert.equal(copy, ring);
  assert.is.not(copy.data, ring.data);
  const own = new Ring();
  assert.is(deepCopy(own), own);
});

test("what is in a set or is a key of a map is copied; classes made from arrays and maps keep their methods", () => {
  const one = [1];
  const copy = deepCopy({ set: new Set([one]), map: new Map([[one, 2]]), one });
  assert.is.not(copy.one, one);
  assert.ok(copy.set.has(copy.one));
  assert.is(copy.map.get(copy.one), 2);
  class Ring extends Array<number> {}
  const ring = new Ring();
  assert.is(deepCopy(ring), ring);
});

test("an accessor computes from the copy; names may be symbols", () => {
  const name = Symbol("name");
  const state = {
    seen: [] as number[],
    [name]: [1],
    get count() {
      return this.seen.length;
    },
  };
  const copy = deepCopy(state);
  copy.seen.push(5);
  assert.equal([copy.count, state.count, copy[name]], [1, 0, [1]]);
  assert.is.not(copy[name], state[name]);
});

test("memory is copied in every form", () => {
  const memory = Uint8Array.of(1, 2, 3, 4).buffer;
  const value = { memory, view: new DataView(memory, 1, 2), bytes: Buffer.from(memory) };
  const copy = deepCopy(value);
  new Uint8Array(memory).fill(9);
  assert.equal(
    [[...new Uint8Array(copy.memory)], copy.view.getUint16(0), copy.view.byteLength, [...copy.bytes]],
    [[1, 2, 3, 4], 0x0203, 2, [1, 2, 3, 4]],
  );
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
