/** @file Replays on other levels: bits and quantizers in place of those of the sites, against errors of the tensor itself. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen, Role } from "../../../core/signal.ts";
import { projectionFacts } from "../../../core/siteFacts.ts";
import { elements } from "../../../core/tensor.ts";
import { studyText } from "../../../pipelines/cli/replayText.ts";
import { onOtherLevels } from "../../../pipelines/replay/otherLevels.ts";
import { type ReplayOptions, replayStudy } from "../../../pipelines/replay/replayStudy.ts";
import { parseQuantizer } from "../../../quantizers/catalogue/parseQuantizer.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { meanSquaredError } from "../../../quantizers/estimators/meanSquaredError.ts";
import { float8 } from "../../../quantizers/projections/float8.ts";
import type { NamedQuantizer } from "../../../quantizers/quantizer.ts";
import { failureOf } from "../../support/failureOf.ts";
import { projectedBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";
import { named, recorded, withHistogram } from "./recordedRows.ts";

const test = suite("otherLevels");

const quantizer = (text: string): NamedQuantizer => {
  const found = parseQuantizer("spec")(text);
  if (E.isLeft(found)) throw new Error(text);
  return found.right;
};

const current = named("currentMinMax", currentMinMax());
const [row] = recorded("conv/input", current).map(withHistogram) as [RangeSeen];
const x = elements(gaussian([1, 8, 8, 4], "x"));
const range = { lo: Math.min(...x), hi: Math.max(...x) };
const rows = [{ ...row, range }];

const sqnrOf = async (options: ReplayOptions): Promise<number> => {
  const [found] = await replayStudy(rows, [], () => true, options);
  return found!.sqnr as number;
};

/** Signal-to-noise ratio of the tensor itself. */
const exactly = (quantized: (v: number) => number): number => {
  const sum = (of: (v: number) => number): number => x.reduce((all, v) => all + of(v) ** 2, 0);
  return 10 * Math.log10(sum((v) => v) / sum((v) => quantized(v) - v));
};

const onGrid =
  (bits: number) =>
  (v: number): number => {
    const step = (range.hi - range.lo) / (2 ** bits - 1);
    return Math.round(v / step) * step;
  };

for (const bits of [3, 4, 6, 8])
  test(`${bits} bits: the ratio of the tensor, within half a dB`, async () => {
    assert.ok(Math.abs((await sqnrOf({ bits })) - exactly(onGrid(bits))) < 0.5);
  });

test("float8: the ratio of the tensor, within half a dB", async () => {
  const { values } = projectedBy(float8(), x, { role: "activation", range });
  const places = new Map([...x].map((v, i) => [v, values[i]!]));
  const exact = exactly((v) => places.get(v)!);
  assert.ok(Math.abs((await sqnrOf({ bits: 8, quantizer: quantizer("float8") })) - exact) < 0.5, `${exact}`);
});

test("the levels of the site, said once more, change nothing", async () => {
  const [own, said] = [await sqnrOf({}), await sqnrOf({ bits: 4, quantizer: quantizer("uniform") })];
  assert.is(said, own);
});

test("a table without anything of the quantizer says so, and why", async () => {
  const textOf = async (rows: readonly RangeSeen[], text: string, bits: number): Promise<string> => {
    const levels = { bits, quantizer: quantizer(text) };
    const found = await replayStudy(rows, [], () => true, levels);
    return studyText(found, { tolerance: 0.5, rounding: "nearest", levels });
  };
  const { histogram: _, ...bare } = rows[0]!;
  assert.match(
    await textOf([bare], "float8", 8),
    /^Nothing above is of float8 \(--quantizer\): its SQNR needs histograms, and none were recorded/m,
  );
  assert.match(await textOf(rows, "mx", 4), /^Nothing above is of mx .*: histograms do not tell its SQNR\./m);
  assert.not.match(await textOf(rows, "float8", 8), /Nothing above/);
});

test("estimators that depend on bits are shown those", async () => {
  const estimators = [named("meanSquaredError", meanSquaredError())];
  const errors = await Promise.all(
    [undefined, 4, 8].map(async (bits) => {
      const [found] = await replayStudy(rows, estimators, () => true, bits ? { bits } : {});
      return found!.meanError;
    }),
  );
  assert.is(errors[0], errors[1]);
  assert.is.not(errors[1], errors[2]);
});

test("sites without bits have none, unless they are said", () => {
  const { facts: _, ...stat } = row.stat;
  const bare = { ...row, stat };
  assert.is(onOtherLevels({ quantizer: quantizer("float8") })(bare), bare);
  assert.is(onOtherLevels({ bits: 5 })(bare).stat.facts?.bits, 5);
  assert.is(onOtherLevels({})(row), row);
});

const facts = projectionFacts({ bits: 4, scheme: "affine" }, { name: "luq", follows: "range" });
for (const [text, levels, role, sentence] of [
  ["luq", { bits: 4 }, "activation", "those of luq at conv/input, expected sites of gradients"],
  ["nvfp4", { bits: 8 }, "gradient", "those of nvfp4 with 8 bits at conv/input, expected 4 bits"],
  ["lsq", {}, "weight", "those of lsq, which are learned, expected a quantizer that trains nothing"],
  [
    undefined,
    { bits: 8 },
    "luq",
    "8 bits at conv/input, which has levels of luq, expected sites of a uniform",
  ],
] as const)
  test(`${text ?? "bits"} for ${role}s is refused`, async () => {
    const of: RangeSeen =
      role === "luq" ? { ...row, stat: { ...row.stat, facts } } : { ...row, role: role satisfies Role };
    const options = { ...levels, ...(text && { quantizer: quantizer(text) }) };
    const message = await failureOf(replayStudy([of], [], () => true, options));
    assert.ok(message.startsWith(`levels of a replay: ${sentence}`), message);
  });

test("bits that no grid has are refused", async () => {
  for (const bits of [1, 9, 2.5, 32])
    assert.match(
      await failureOf(replayStudy(rows, [], () => true, { bits })),
      /^replayStudy, bits: .*, expected an integer from 2 to 8/,
    );
});

test.run();
