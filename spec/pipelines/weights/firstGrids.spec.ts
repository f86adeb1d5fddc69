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

const matchOf = (input: CodeGrid, weight: CodeGrid): WeightMatch =>
  ({
    pairs: [{ place: { path: "conv1/weight" }, name: "w" }],
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
