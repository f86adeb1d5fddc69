import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ontoEvenLevels } from "../../../quantizers/projections/evenLevels.ts";
import { allClose, sameBits } from "../../support/close.ts";
import { noiseOf } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("even levels");

const onto = (x: readonly number[], lo: number, hi: number, bits: number) =>
  ontoEvenLevels(Float32Array.from(x), { range: { lo, hi }, bits, noise: undefined });

test("of [-3, 3] with 2 bits: the odd numbers, of which 0 is none; of [0, 3] all whole ones", () => {
  const x = [-9, -2.1, -1.9, -0.1, 0.1, 1.4, 2.2, 9];
  const [odd, all] = [onto(x, -3, 3, 2), onto(x, 0, 3, 2)];
  allClose(odd.values, [-3, -3, -1, -1, 1, 1, 3, 3], 0);
  allClose(all.values, [0, 0, 0, 0, 0, 1, 2, 3], 0);
  assert.is(odd.clipped, 2);
});

test("values are integers times one step, for as many bits as int8 has room for", () => {
  const x = gaussian([1, 1, 1, 500], "even").data;
  for (const lo of [-1.7, 0])
    for (const bits of [2, 4, 7, 8]) {
      const { values, integers } = ontoEvenLevels(x, { range: { lo, hi: 1.7 }, bits, noise: noiseOf(1) });
      assert.is(integers === undefined, lo < 0 && bits === 8);
      if (integers === undefined) continue;
      const { codes, params } = integers;
      assert.ok(codes.every((code) => params.qmin <= code && code <= params.qmax));
      sameBits(
        Float32Array.from(codes, (code) => params.scale[0]! * (code - params.zeroPoint[0]!)),
        values,
      );
      assert.ok(new Set(values).size <= 2 ** bits);
    }
});

test("NaN counts as 0, and a range without width makes zeros", () => {
  allClose(onto([Number.NaN], 0, 3, 2).values, [0], 0);
  allClose(onto([Number.NaN], -3, 3, 2).values.map(Math.abs), [1], 0);
  allClose(onto([1, -1], 0, 0, 4).values, [0, 0], 0);
});

test.run();
