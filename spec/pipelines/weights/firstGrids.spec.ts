/** @file What is said of the grids of a file: which sites begin on them, by their codes and the axis of their channels. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CodeGrid } from "../../../pipelines/onnx/reading/codeGrid.ts";
import { firstGrids } from "../../../pipelines/weights/firstGrids.ts";
import { firstRangeIn, firstRangesOf } from "../../../pipelines/weights/firstRanges.ts";
import type { WeightMatch } from "../../../pipelines/weights/weightMatch.ts";
import type { ResolvedSite } from "../../../quantizers/rules/resolveRules.ts";

const test = suite("grids of a file");

const site = (path: string, bits: number): ResolvedSite => {
  const isInput = path.endsWith("/input");
  return {
    ...{ site: path, planRole: isInput ? "activation" : "weight", asksRange: true },
    quantizer: {
      ...{ bits, scheme: isInput ? "affine" : "symmetric" },
      granularity: isInput ? "tensor" : "channel",
    },
  } as unknown as ResolvedSite;
};

const matchOf = (input: CodeGrid, weight: CodeGrid, ...values: readonly number[]): WeightMatch =>
  ({
    pairs: [
      { place: { path: "conv1/weight" }, name: "w", tensor: { read: () => Float32Array.from(values) } },
    ],
    grids: new Map([["w", { input, weight }]]),
  }) as unknown as WeightMatch;

const symmetric: CodeGrid = { scale: [0.5], zeroPoint: [0], qmin: -127, qmax: 127 };

test("a grid of the codes 0 to 127 has 7 bits, wherever it begins", () => {
  for (const [qmin, zeroPoint] of [
    [0, 17],
    [3, 20],
    [-64, -47],
  ] as const) {
    const match = matchOf({ scale: [0.5], zeroPoint: [zeroPoint], qmin, qmax: qmin + 127 }, symmetric);
    assert.equal(firstRangeIn(firstRangesOf(match))("conv1/input"), { lo: -8.5, hi: 55 });
    assert.is(firstGrids(match, [site("conv1/input", 7), site("conv1/weight", 8)])?.onGridsOfFile, 2);
    assert.equal(firstGrids(match, [site("conv1/input", 8)])?.others, [
      { reason: "7 bits in the file, 8 here, with its range", sites: ["conv1/input"] },
    ]);
  }
});

test("weights on the one code that grids of ours leave out are told", () => {
  const full: CodeGrid = { scale: [0.5], zeroPoint: [0], qmin: -127, qmax: 127, leftOut: -128 };
  const uint8: CodeGrid = { ...full, zeroPoint: [128], qmin: 1, qmax: 255, leftOut: 0 };
  const channels: CodeGrid = { ...full, scale: [0.5, 0.25], zeroPoint: [0, 0] };
  const weights = [site("conv1/weight", 8)];
  const reasonOf = (grid: CodeGrid, ...values: readonly number[]) =>
    firstGrids(matchOf(symmetric, grid, ...values), weights)?.others[0]?.reason;
  const said = "codes of -128 in the file, which end at -127 here";
  assert.is(reasonOf(full, 1, -64), said);
  // Half a step above, which PyTorch has at the end of its symmetric grids, is rounded to the even code.
  assert.is(reasonOf(full, -63.75), said);
  assert.is(reasonOf(full, -63.5, 64), undefined);
  assert.is(reasonOf(uint8, -64), "codes of 0 in the file, which end at 1 here");
  assert.is(reasonOf(channels, -63.5, -32), said);
  assert.is(reasonOf(channels, -63.5, -31.75), undefined);
  assert.is(reasonOf({ ...full, leftOut: undefined } as unknown as CodeGrid, -64), undefined);
});

test("nothing is said of grids where nothing is quantized", () =>
  assert.is(firstGrids(matchOf(symmetric, symmetric), [site("conv1/input", 32)]), undefined));

test("scales by another axis than output channels are one range", () => {
  const weight: CodeGrid = { scale: [0.5, 1], zeroPoint: [0, 0], qmin: -127, qmax: 127 };
  const byOutput = matchOf(symmetric, weight);
  const byInput = matchOf(symmetric, { ...weight, axis: 1 });
  assert.equal(firstRangeIn(firstRangesOf(byOutput))("conv1/weight/0"), { lo: -63.5, hi: 63.5 });
  assert.equal(firstRangeIn(firstRangesOf(byInput))("conv1/weight/0"), { lo: -127, hi: 127 });
  assert.is(firstGrids(byOutput, [site("conv1/weight", 8)])?.onGridsOfFile, 1);
  const { onGridsOfFile, others } = firstGrids(byInput, [site("conv1/weight", 8)])!;
  assert.is(onGridsOfFile, 0);
  assert.is(
    others[0]?.reason,
    "scales in the file by another axis than output channels, one range over all of them here",
  );
});

test.run();
