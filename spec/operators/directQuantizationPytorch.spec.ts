/** @file Levels, moves and bounds of directQuantization against PyTorch's autograd and SGD: `spec/golden/directQuantization.json`. */
import { suite } from "uvu";
import { tensor } from "../../core/tensor.ts";
import { direct } from "../../operators/training/direct.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { channelBound } from "../../quantizers/learned/channelBound.ts";
import { directLevels } from "../../quantizers/learned/directLevels.ts";
import { amongLevels } from "../support/amongLevels.ts";
import { allClose, close } from "../support/close.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../support/golden.ts";
import { learning } from "../support/learning.ts";
import { updating } from "../support/updating.ts";

interface Golden {
  readonly levels: readonly {
    readonly bits: number;
    readonly levels: readonly number[];
    readonly values: readonly number[];
    readonly dlevels: readonly number[];
  }[];
  readonly bounds: readonly {
    readonly bits: number;
    readonly signed: boolean;
    readonly bound: number;
    readonly dp: number;
  }[];
  readonly moves: readonly {
    readonly rate: number;
    readonly momentum: number;
    readonly decay: number;
    readonly steps: readonly {
      readonly w: readonly number[];
      readonly levels: readonly number[];
      readonly pressure: readonly number[];
    }[];
  }[];
}

const { levels: leveled, bounds, moves } = golden("directQuantization") as Golden;

const test = suite("PyTorch computes the same of directQuantization");

for (const { bits, levels, values, dlevels } of leveled)
  test(`weights and gradients of ${2 ** bits} levels`, () => {
    const w = Float32Array.from(goldenCodes(24, 3), (code) => (code + 0.25) / 512);
    const found = directLevels().transform(w, { bits, outputs: 1, learned: [Float32Array.from(levels)] });
    allClose(found.values, values, 1e-7, "values");
    const dy = Float32Array.from(goldenCodes(24, 2), (code) => code / 128);
    const { dw, learned } = found.pullback(dy);
    allClose(dw, dy, 0, "dw");
    allClose(learned![0]!, dlevels, 1e-6 * Math.max(...dlevels.map(Math.abs)), "dlevels");
  });

for (const { bits, signed, bound, dp } of bounds)
  test(`gradient of a bound of ${bits} bits, ${signed ? "signed" : "unsigned"}, ${bound}`, () => {
    const site = learning(channelBound({ sign: signed ? "signed" : "unsigned" }), {
      bits,
      value: bound,
      shape: [1, 1, 3],
    });
    const widths = [1, 0.2, 0.03];
    const x = Float32Array.from(goldenCodes(24, 1), (code, i) => ((code + 0.25) / 64) * widths[i % 3]!);
    const dy = tensor(Float32Array.from(goldenCodes(24, 2)), [8, 1, 1, 3]);
    close(site.run(tensor(x, [8, 1, 1, 3])).back(dy).dp!, dp, 2e-6 * Math.max(1, Math.abs(dp)));
  });

for (const { rate, momentum, decay, steps } of moves)
  test(`twelve steps among levels: rate ${rate}, momentum ${momentum}, decay ${decay}`, () => {
    const first = [-1.5, -0.4, 0.3, 1.2];
    const { scope, weights, levels, pressure } = amongLevels([...first, ...first], first);
    const run = updating(direct({ rate: constantRate(rate), momentum, weightDecay: decay }), scope);
    steps.forEach((expected, step) => {
      const slopes = [
        Array.from(goldenCodes(8, 40 + Math.floor(step / 4)), (code) => code / 256),
        Array.from(goldenCodes(4, 90 + step), (code) => code / 2048),
      ] as const;
      run(step, ({ length }) => slopes[length === 8 ? 0 : 1]);
      allClose(weights(), expected.w, 1e-6, `weights after step ${step}`);
      allClose(levels(), expected.levels, 1e-6, `levels after step ${step}`);
      allClose(pressure(), expected.pressure, 1e-6, `pressure after step ${step}`);
    });
  });

isPrintedByPyTorch(test, "directQuantization");

test.run();
