/** @file Learned quantizers, weights of SAT and of CPQ against PyTorch's autograd: `spec/golden/learned.json`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements, tensor } from "../../core/tensor.ts";
import { cpq } from "../../quantizers/learned/cpq.ts";
import { learnedBound } from "../../quantizers/learned/learnedBound.ts";
import type { LearnedRange } from "../../quantizers/learned/learnedRange.ts";
import { lsq } from "../../quantizers/learned/lsq.ts";
import { cgPact, doubleSidedLevels, pact } from "../../quantizers/learned/pact.ts";
import { type SatOptions, sat } from "../../quantizers/learned/sat.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import { allClose, close } from "../support/close.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../support/golden.ts";
import { learning } from "../support/learning.ts";
import { given } from "../support/projecting.ts";

interface Golden {
  readonly cases: readonly {
    readonly name: "lsq" | "lbt" | "cgPact" | "cgPactReleased" | "pact";
    readonly bits: number;
    readonly signed: boolean;
    readonly parameter: number;
    readonly y: readonly number[];
    readonly dx: readonly number[];
    readonly dp: number;
  }[];
  readonly sat: readonly (Pick<Required<SatOptions>, "grid" | "rescale"> & {
    readonly bits: number;
    readonly q: readonly number[];
    readonly dw: readonly number[];
  })[];
  readonly cpq: readonly {
    readonly bits: number;
    readonly a: number;
    readonly sigma: number;
    readonly logits: readonly number[];
    readonly u: readonly number[];
    readonly q: readonly number[];
    readonly dw: readonly number[];
    readonly da: number;
    readonly dlogits: readonly number[];
  }[];
}

const { cases, sat: bent, cpq: clustered } = golden("learned") as Golden;
const make: Readonly<Record<string, (options: Pick<LearnedRange, "sign">) => LearnedRange>> = {
  lsq,
  lbt: learnedBound,
  cgPact,
  cgPactReleased: cgPact,
  pact,
};
const projections: Readonly<Record<string, Projection>> = { cgPactReleased: doubleSidedLevels() };

const test = suite("PyTorch computes the same gradients of learned parameters");

const shape = [2, 2, 2, 3];
const numbersOf = (seed: number, f: (code: number) => number) =>
  tensor(Float32Array.from(goldenCodes(24, seed), f), shape);

for (const { name, bits, signed, parameter, y, dx, dp } of cases)
  test(`${name}, ${bits} bits, ${signed ? "signed" : "unsigned"}, ${parameter}`, () => {
    const learned = make[name]!({ sign: signed ? "signed" : "unsigned" });
    const site = learning(learned, {
      bits,
      value: parameter,
      shape: shape.slice(1),
      projection: projections[name],
    });
    const step = site.run(numbersOf(1, (code) => (code + 0.25) / 64));
    const back = step.back(numbersOf(2, (code) => code / 128));
    allClose(step.y, y, 1e-6, "y");
    allClose(back.dx, dx, 1e-7, "dx");
    close(back.dp!, dp, 2e-6 * Math.max(1, Math.abs(dp)), "dp");
  });

for (const { bits, grid, rescale, q, dw } of bent)
  test(`sat, ${bits} bits, ${grid}, rescaled ${rescale}`, () => {
    const w = elements(numbersOf(3, (code) => (code + 0.25) / 512));
    const found = sat({ grid, rescale }).transform(w, { bits, outputs: 12 });
    allClose(found.values, q, 1e-7, "q");
    const back = found.pullback(elements(numbersOf(2, (code) => code / 128))).dw;
    const scale = Math.max(...dw.map(Math.abs));
    allClose(back, dw, 3e-7 * scale, "dw");
    assert.is(found.integers !== undefined, bits < 8 || (bits === 8 && grid === "modified"));
    if (!found.integers) return;
    const { codes, params } = found.integers;
    const step = params.scale[0]!;
    allClose(
      Array.from(codes, (code) => step * code),
      q,
      1e-7 * Math.max(...q.map(Math.abs)) + 1e-7,
      "codes",
    );
    assert.ok(codes.every((code) => params.qmin <= code && code <= params.qmax));
  });

for (const { bits, a, sigma, logits, u, q, dw, da, dlogits } of clustered)
  test(`cpq, ${bits} bits, ${logits.length} masks, sigma ${sigma}`, () => {
    const w = elements(numbersOf(3, (code) => (code + 0.25) / 512));
    const transform = cpq({ sigma, drop: logits.length > 0 ? 0.5 : 0 });
    const learned = [Float32Array.of(a), Float32Array.from(logits)];
    const found = transform.transform(w, { bits, outputs: 12, learned, noise: given(...u) });
    allClose(found.values, q, 1e-6, "q");
    const back = found.pullback(elements(numbersOf(2, (code) => code / 128)));
    const least = (of: readonly number[]): number => 1e-6 * Math.max(...of.map(Math.abs));
    allClose(back.dw, dw, least(dw), "dw");
    const scale = 1 / Math.sqrt(24 * (2 ** (bits - 1) - 1));
    close(back.learned![0]![0]!, da * scale, 1e-5 * Math.abs(da * scale), "da");
    allClose(back.learned![1]!, dlogits, 1e-5 * Math.max(...dlogits.map(Math.abs), 0), "dlogits");
  });

isPrintedByPyTorch(test, "learned");

test.run();
