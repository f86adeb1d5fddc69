/** @file Memory that is given back before a step ends: it serves others, and nobody reads it by mistake. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { holesOf } from "../../../core/engines/simd/holes.ts";
import { type Expr, ofTensor, staged } from "../../../core/expr.ts";
import type { PassResult } from "../../../core/pass.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { elements } from "../../support/elements.ts";

const test = suite("release");

const shape = [1, 4, 8, 16];
const ones = new Float32Array(512).fill(1);
const twice = staged({ _tag: "Affine", scale: Float32Array.of(2) });

const stored = (engine: Engine, x: Expr): Tensor =>
  (engine.run(x, { store: true }) as Required<PassResult>).stored;

for (const engine of [reference(), simd({ bytes: 2 ** 22 })]) {
  test(`${engine.name}: what a pass has released is gone, and says so to whoever reads it`, () => {
    engine.beginStep();
    const x = engine.upload(ones, shape);
    const y = staged({ _tag: "Release", released: [x] })(twice(ofTensor(x)));
    const result = stored(engine, y);
    assert.is(elements(result)[511], 2);
    assert.throws(
      () => elements(x),
      /^a tensor of 1x4x8x16: read after its memory was freed, expected each gradient to be read once; /,
    );
    assert.throws(() => engine.run(y, { store: true }), /read after its memory was freed/);
    assert.throws(() => engine.run(ofTensor(x), { observe: true }), /read after its memory was freed/);
  });

  test(`${engine.name}: a tensor that releases and is kept can be read again`, () => {
    engine.beginStep();
    const x = engine.upload(ones, shape);
    const slot = {};
    const released = staged({ _tag: "Release", released: [x] })(twice(ofTensor(x)));
    const y = staged({ _tag: "Keep", slot })(released);
    const other = { _tag: "Add", other: y } as const;
    assert.is(elements(stored(engine, twice(y)))[0], 4);
    assert.is(elements(stored(engine, staged(other)(y)))[0], 4);
    const last = staged({ _tag: "Release", released: [slot] })(y);
    assert.is(elements(stored(engine, twice(last)))[0], 4);
    assert.throws(() => engine.run(y, { observe: true }), /was freed/);
  });

  test(`${engine.name}: releasing twice, or an empty slot, does nothing`, () => {
    engine.beginStep();
    const x = engine.upload(ones, shape);
    const z = engine.upload(ones, shape);
    stored(engine, staged({ _tag: "Release", released: [x, x, {}] })(ofTensor(z)));
    stored(engine, staged({ _tag: "Release", released: [x] })(ofTensor(z)));
    assert.is(elements(z)[0], 1);
  });
}

test("a step that gives back what it does not need takes no more than it needs at a time", () => {
  const engine = simd({ bytes: 2 ** 22 });
  engine.beginStep();
  let x = engine.upload(ones, shape);
  stored(engine, ofTensor(x));
  const { step } = engine.memory();
  for (let i = 0; i < 100; i++) x = stored(engine, staged({ _tag: "Release", released: [x] })(ofTensor(x)));
  assert.is(elements(x)[100], 1);
  assert.ok(engine.memory().step <= 2 * step, `${engine.memory().step} bytes after ${step}`);
});

test("holes never overlap what is taken, and a step that gives everything back begins anew", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat({ max: 9 })), { maxLength: 200 }),
      (acts) => {
        const first = 640;
        let bottom = first;
        const holes = holesOf({
          mark: () => bottom,
          release: (at) => {
            bottom = at;
          },
        });
        let taken: { readonly at: number; readonly bytes: number }[] = [];
        const give = (i: number): void => {
          const [one] = taken.splice(i, 1);
          if (one) holes.give(one.at, one.bytes);
        };
        for (const [bytes, which] of acts) {
          if (which < 4) give(which);
          else {
            const size = 64 * Math.floor((bytes + 127) / 64);
            const hole = holes.take(bytes);
            const at = hole ?? bottom;
            if (hole === undefined) bottom += size;
            assert.ok(at >= first && at + size <= bottom);
            for (const other of taken)
              assert.ok(at + size <= other.at || other.at + 64 * Math.floor((other.bytes + 127) / 64) <= at);
            taken = [...taken, { at, bytes }];
          }
        }
        while (taken.length > 0) give(0);
        assert.is(bottom, first);
        assert.is(holes.take(1), undefined);
      },
    ),
    { numRuns: 300, seed: 4 },
  ));

test.run();
