import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Accumulator, narrowed } from "../../core/accumulator.ts";
import type { Sums } from "../../core/product.ts";

const test = suite("accumulator");

const sumsOf = (...sums: readonly number[]): Sums => ndarray(Float64Array.from(sums), [sums.length]);
const taken = (accumulator: Omit<Accumulator, "backward">, ...sums: readonly number[]) => {
  const { sums: left, overflows } = narrowed(accumulator, sumsOf(...sums));
  return { left: [...left.data], overflows };
};

test("what fits stays as it is, both ends included", () => {
  for (const overflow of ["wrap", "saturate"] as const)
    assert.equal(taken({ bits: 8, overflow }, -128, -1, 0, 127), { left: [-128, -1, 0, 127], overflows: 0 });
});

test("wrapping leaves the sum modulo 2^bits, however far away it is", () => {
  assert.equal(taken({ bits: 8, overflow: "wrap" }, 128, -129, 256, -256, 1000), {
    left: [-128, 127, 0, 0, 1000 - 4 * 256],
    overflows: 5,
  });
  const far = 2 ** 40 + 5;
  assert.equal(taken({ bits: 16, overflow: "wrap" }, far, -far), { left: [5, -5], overflows: 2 });
});

test("wrapping is what an adder of so many bits does with any order of the products", () => {
  const products = Array.from({ length: 200 }, (_, i) => ((i * 7919) % 510) - 255);
  const added = (order: readonly number[]): number =>
    order.reduce((register, product) => ((register + product) << 20) >> 20, 0);
  const exact = products.reduce((sum, product) => sum + product, 0);
  const { left } = taken({ bits: 12, overflow: "wrap" }, exact);
  assert.equal(left, [added(products)]);
  assert.equal(left, [added([...products].reverse())]);
});

test("saturating stops at the ends", () => {
  assert.equal(taken({ bits: 16, overflow: "saturate" }, 32767, 32768, -32769, 1e12), {
    left: [32767, 32767, -32768, 32767],
    overflows: 3,
  });
});

test("a 16-bit register holds two worst products of signed bytes, and a 32-bit one 133144", () => {
  const worst = 127 * 127;
  assert.is(taken({ bits: 16, overflow: "wrap" }, 2 * worst).overflows, 0);
  assert.is(taken({ bits: 16, overflow: "wrap" }, 3 * worst).overflows, 1);
  assert.is(Math.floor((2 ** 31 - 1) / worst), 133144);
});

test.run();
