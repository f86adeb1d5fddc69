/** @file Expressions of more stages than one program of the simd engine has room for: they are computed piece by piece. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { type Expr, ofTensor, type Slot, type Stage, staged } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import { isReleased, type Tensor } from "../../../core/tensor.ts";
import { sameResult } from "../../support/sameResult.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("long passes");

const shape = [2, 3, 3, 5];
const [scale, shift, mean, slope, around] = ["a", "b", "c", "d", "e"].map(
  (name) => gaussian([1, 1, 1, 5], name).data,
) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
const leaves = Array.from({ length: 7 }, (_, i) => gaussian(shape, `leaf ${i}`));
const leaf = (i = 0): Expr => ofTensor(leaves[i % 7]!);

/** Stages of every kind that reads vectors or another tensor, so many in turn. */
const stages = (count: number, other: (i: number) => Expr): readonly Stage[] =>
  Array.from({ length: count }, (_, i): Stage => {
    const turn: readonly Stage[] = [
      { _tag: "Clip", lo: -2, hi: 2 + i },
      { _tag: "Affine", scale, shift },
      { _tag: "Add", other: other(i) },
      { _tag: "Normalize", mean, scale, shift },
      { _tag: "Combine", other: other(i), scale, mean, slope, shift },
      { _tag: "Gate", other: other(i), lo: -3, hi: 3 },
    ];
    return turn[i % turn.length]!;
  });

const sinks: Sinks = { store: true, observe: true };

const onBoth = (x: () => Expr, all: Sinks = sinks): void =>
  sameResult(simd().run(x(), all) as PassResult, reference().run(x(), all) as PassResult);

test("as many stages as one likes give the bits of the reference", () => {
  for (const count of [150, 199, 200, 201, 900, 2500])
    onBoth(() => staged(...stages(count, (i) => leaf(i)))(leaf()));
});

test("other tensors may be as long, and so may the one that sums of channels are made with", () => {
  const long = (count: number) => staged(...stages(count, (i) => leaf(3 * i)))(leaf(1));
  for (const count of [20, 49, 60, 700]) {
    const x = () => staged(...stages(240, (i) => (i % 40 === 2 ? long(count) : leaf(i))))(leaf());
    onBoth(x);
    onBoth(x, { ...sinks, channelSums: { of: long(count), around } });
  }
});

test("what is kept on the way is in its slot, and what is released is released once all is computed", () => {
  const ran = [simd(), reference()].map((engine) => {
    const slots: readonly Slot[] = [{}, {}];
    const released = engine.upload(gaussian(shape, "released").data, shape);
    const x = staged(
      ...stages(250, leaf),
      { _tag: "Keep", slot: slots[0]! },
      { _tag: "Release", released: [released] },
      ...stages(250, () => ofTensor(released)),
      { _tag: "Keep", slot: slots[1]! },
      ...stages(3, leaf),
    )(leaf());
    const { stored } = engine.run(x, { store: true }) as PassResult;
    assert.ok(isReleased(released));
    return [stored, ...slots.map(({ tensor }) => tensor)] as readonly Tensor[];
  });
  const [ours, theirs] = ran as [readonly Tensor[], readonly Tensor[]];
  for (const [i, stored] of ours.entries()) sameResult({ stored }, { stored: theirs[i]! });
});

test("what is stored for a piece is given back", () => {
  const engine = simd();
  const bytesOf = (count: number): number => {
    engine.beginStep();
    engine.run(staged(...stages(count, leaf))(leaf()), { observe: true });
    return engine.memory().step;
  };
  assert.is(bytesOf(3000), bytesOf(600));
});

test.run();
