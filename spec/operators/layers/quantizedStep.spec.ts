/** @file docs/what-is-computed.md: one training step of a quantized layer, against its formulas in float64. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range } from "../../../core/range.ts";
import type { Role } from "../../../core/signal.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { stepped } from "../../support/stepped.ts";
import { enumerated } from "../../support/taps.ts";
import { gaussian } from "../../support/tensors.ts";
import { gradientsOf, numbers, quantizing, seenOf } from "../../support/testScope.ts";

const test = suite("what a quantized layer computes");

/** Narrower than the tensors, which are normal: some elements of each are clipped. */
const ranges: Readonly<Record<Role, Range>> = {
  activation: { lo: -1.1, hi: 1.7 },
  weight: { lo: -0.9, hi: 1.3 },
  gradient: { lo: -1.4, hi: 0.9 },
};

const roundEven = (x: number): number => {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
};

/** Values of a quantized tensor, and which elements were not clipped. */
const coded = (role: Role, bits: number, x: ArrayLike<number>) => {
  const { lo, hi } = ranges[role];
  const most = 2 ** (bits - 1) - 1;
  const isSymmetric = role === "weight";
  const scale = isSymmetric ? Math.max(-lo, hi) / most : (hi - lo) / (2 ** bits - 1);
  const zeroPoint = isSymmetric ? 0 : roundEven(-most - 1 - lo / scale);
  const least = isSymmetric ? -most : -most - 1;
  const codes = Array.from(x, (v) => roundEven(v / scale) + zeroPoint);
  return {
    values: codes.map((q) => scale * (Math.min(Math.max(q, least), most) - zeroPoint)),
    isInside: codes.map((q) => q >= least && q <= most),
  };
};

for (const bits of [8, 4, 2])
  for (const groups of [1, 2])
    test(`${bits} bits, ${groups} groups: forward, both gradients and that of the bias`, () => {
      const shape = {
        kernelHeight: 3,
        kernelWidth: 3,
        stride: 1,
        padding: 1,
        groups,
        inChannels: 4,
        outChannels: 6,
      };
      const [x, dy] = [gaussian([2, 5, 5, 4], "x"), gaussian([2, 5, 5, 6], "dy")];
      const w = gaussian([6, 3, 3, 4 / groups], "w");
      const options = { outChannels: 6, kernel: 3, padding: 1, groups, bias: true, initialBias: 0.3 };
      const { y, dx, back, signals } = stepped(
        quantized(conv2d)("conv", options),
        ...[x, dy],
        {
          quantizer: (site, role) =>
            quantizing(fixed(ranges[role]), { bits, rounding: "nearest" })(site, role),
        },
        elements(w),
      );
      const xq = coded("activation", bits, elements(x));
      const wq = coded("weight", bits, elements(w));
      const gq = coded("gradient", bits, elements(dy));
      const products = enumerated(shape, x.shape, { x: xq.values, w: wq.values, dy: gq.values });
      const passed = (gradient: ArrayLike<number>, { isInside }: typeof xq): readonly number[] =>
        Array.from(gradient, (v, i) => (isInside[i] ? v : 0));

      allClose(
        numbers(y),
        products.y.map((v) => v + 0.3),
        1e-5,
        "y",
      );
      allClose(numbers(dx), passed(products.dx, xq), 1e-5, "dx");
      const [dw, db] = gradientsOf(back).map(({ gradient }) => elements(gradient));
      allClose(dw!, passed(products.dw, wq), 1e-4, "dw");
      const sums = Array.from({ length: 6 }, (_, o) =>
        gq.values.reduce((sum, v, i) => (i % 6 === o ? sum + v : sum), 0),
      );
      allClose(db!, sums, 1e-4, "db");
      const clipped = [...seenOf(signals), ...seenOf(back)].map((seen) => [seen.role, seen.clipped] as const);
      for (const [role, one] of [
        ["activation", xq],
        ["weight", wq],
        ["gradient", gq],
      ] as const) {
        const count = one.isInside.filter((inside) => !inside).length;
        assert.ok(count > 0, role);
        assert.is(new Map(clipped).get(role), count, role);
      }
    });

test("with its own range, a tensor rounded to nearest has hardly a clipped element, one rounded stochastically a few", () => {
  const clippedWith = (rounding: "nearest" | "stochastic"): number => {
    let sum = 0;
    for (let n = 0; n < 40; n++) {
      const dy = gaussian([2, 5, 5, 6], `dy ${n}`);
      const { back } = stepped(
        quantized(conv2d)("conv", { outChannels: 6, kernel: 3, padding: 1 }),
        gaussian([2, 5, 5, 4], "x"),
        dy,
        {
          quantizer: quantizing(currentMinMax(), { bits: 4, rounding, scheme: "affine" }),
        },
      );
      sum += seenOf(back)[0]!.clipped;
    }
    return sum;
  };
  assert.is(clippedWith("nearest"), 0);
  const few = clippedWith("stochastic");
  assert.ok(few > 0 && few < 40, String(few));
});

test.run();
