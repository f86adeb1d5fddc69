/** @file Histograms beside other statistics of a tensor: between which ends their elements lie, and how many these may be. */
import { Field, Float64, Int32, List, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ImportOptions } from "../../../pipelines/imports/importOptions.ts";
import { imported, refusal } from "./imported.ts";

const test = suite("elements of a tensor");

const line = (facts: object): string => `${JSON.stringify({ step: 0, site: "a/input", ...facts })}\n`;

/** One element in [-1, 0], two in [0, 1], three in [1, 2]. */
const binned = { bins: [-1, 0, 1, 2], counts: [1, 2, 3] };

test("a histogram that lacks elements at the ends is refused: edges were there before the tensor", async () => {
  for (const [facts, found] of [
    [{ min: -5, max: 1.5 }, "min -5 with a histogram whose least element lies from -1 to 0"],
    [{ min: -0.5, max: 7 }, "max 7 with a histogram whose greatest element lies from 1 to 2"],
    [{ amax: 5 }, "amax 5 with a histogram whose largest magnitude lies from 1 to 2"],
  ] as const)
    assert.is(
      await refusal(line({ ...binned, ...facts })),
      `FILE, line 1: ${found} of a/input at step 0, expected a histogram of all elements that are finite.`,
    );
});

test("so is one that has elements beyond the ends, or none where an end is", async () => {
  for (const [facts, statistic] of [
    [{ min: 0.5, max: 1.5 }, "min"],
    [{ min: -0.5, max: 0.75 }, "max"],
    [{ min: -0.5, max: 1.5, counts: [0, 2, 3] }, "min"],
    [{ min: -0.5, max: 1.5, counts: [1, 2, 0] }, "max"],
    [{ amax: 0.75 }, "amax"],
  ] as const)
    assert.match(
      await refusal(line({ ...binned, ...facts })),
      new RegExp(`^FILE, line 1: ${statistic} .* with a histogram whose `),
    );
});

test("ends that lie in the outermost bins with elements are those of the histogram", async () => {
  const ends = async (facts: object, options: Omit<ImportOptions, "out"> = {}) => {
    const [row] = (await imported(line({ ...binned, ...facts }), options)).rows;
    return [row?.histogram?.values[0], row?.histogram?.values.at(-1)];
  };
  assert.equal(await ends({ min: -0.5, max: 1.5 }), [-0.5, 1.5]);
  // Edges of float32, and an end that lies beyond one by less than anything that is known of a bin.
  assert.equal(await ends({ min: -1 - 2 ** -24, max: 2.001 }), [-1, Math.fround(2.001)]);
  // A printed end may be anywhere in half its last digit.
  const printed = { bins: [-1.6, 0, 1, 2], min: -2, max: 2 };
  assert.equal(await ends(printed, { precision: 0 }), [-2, 2]);
  assert.match(await refusal(line({ ...binned, ...printed })), /^FILE, line 1: min -2 with a histogram/);
});

test("a largest magnitude is that of one end only: no element is moved to the other", async () => {
  const [row] = (await imported(line({ ...binned, amax: 1.5 }))).rows;
  assert.equal([row?.stat.min, row?.stat.max], [-1.5, 1.5]);
  assert.equal([row?.histogram?.values[0], row?.histogram?.values.at(-1)], [-1, 1.5]);
  const [below] = (await imported(line({ ...binned, bins: [-4, 0, 1, 2], amax: 3.5 }))).rows;
  assert.equal([below?.histogram?.values[0], below?.histogram?.values.at(-1)], [-3.5, 2]);
});

test("a scale may be of other tensors than the one that is cast: the histogram has ends of its own", async () => {
  for (const scale of [0.5, 0.001]) {
    const [row] = (await imported(line({ ...binned, scale }), { numberFormat: "int8" })).rows;
    assert.is(row?.stat.max, 127 * scale);
    assert.equal([row?.histogram?.values[0], row?.histogram?.values.at(-1)], [-1, 2]);
  }
});

test("a histogram without elements is counted as not used", async () => {
  const { rows, summary } = await imported(line({ ...binned, counts: [0, 0, 0], min: -1, max: 2 }));
  assert.equal([rows.length, rows[0]?.histogram, summary.histograms], [1, undefined, 0]);
  assert.equal(summary.unused, { "histograms without elements": 1 });
});

const arrowTable = (counts: readonly number[]): Uint8Array => {
  const list = (values: readonly number[]) =>
    vectorFromArray([values], new List(new Field("item", new Float64(), true)));
  const columns = {
    ...{ step: vectorFromArray([0], new Int32()), site: vectorFromArray(["a/input"], new Utf8()) },
    ...{ bins: list([-1, 0, 1]), counts: list(counts) },
  };
  return tableToIPC(new Table(columns), "file");
};

test("more elements than a recording counts are refused with how many there are, in one bin or in several", async () => {
  const most = 2 ** 32 - 1;
  for (const counts of [
    [1, 2 ** 33],
    [most, 1],
  ]) {
    const sentence = `a histogram of ${counts[0]! + counts[1]!} elements, expected at most ${most}, the largest count of a recording.`;
    assert.is(await refusal(line({ bins: [-1, 0, 1], counts })), `FILE, line 1: ${sentence}`);
    assert.is(await refusal(arrowTable(counts)), `FILE, row 1: ${sentence}`);
    const history = {
      _step: 0,
      "gradients/fc.weight": { _type: "histogram", bins: [-1, 0, 1], values: counts },
    };
    assert.is(await refusal(`${JSON.stringify(history)}\n`), `FILE, line 1: ${sentence}`);
  }
  const { rows } = await imported(line({ bins: [-1, 0, 1], counts: [most - 1, 1] }));
  assert.is(
    rows[0]?.histogram?.counts?.reduce((sum, count) => sum + count, 0),
    most,
  );
});

test.run();
