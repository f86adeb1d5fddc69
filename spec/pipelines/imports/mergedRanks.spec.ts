/** @file Ranks of a distributed run that are merged: what one site has of them all, and what is told of the rest. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { importText } from "../../../pipelines/cli/importText.ts";
import { type Imported, imported, refusal, shortly } from "./imported.ts";

const test = suite("merged ranks");

const merged = (text: string): Promise<Imported> => imported(text, { ranks: "merge" });

const lines = (...rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify({ step: 0, site: "a/input", ...row })}\n`).join("");

test("histograms of all ranks are one of all elements, whatever their bins; their inner ends go into bins", async () => {
  const parts = [
    { rank: 0, edges: [0, 1, 2], counts: [1, 2] },
    { rank: 1, edges: [-1, 1, 3], counts: [3, 4] },
    { rank: 2, min: 2, max: 2, edges: [1, 4], counts: [5] },
  ];
  const { rows, summary } = await merged(lines(...parts));
  const { values, counts } = rows[0]!.histogram!;
  assert.equal(shortly(rows[0]!).slice(3), [-1, 3]);
  assert.equal([values[0], values.at(-1), summary.histograms, summary.unused], [-1, 3, 1, {}]);
  assert.is(
    counts?.reduce((sum, count) => sum + count, 0),
    15,
  );
  const share = (from: number, to: number): number =>
    [...values].reduce((sum, v, i) => sum + (v > from && v <= to ? (counts?.[i] as number) : 0), 0);
  // Two of rank 1 lie in [-1, 0], as three that are spread evenly over [-1, 1] do.
  assert.equal([share(-2, 0), share(0, 1)], [2, 2]);
});

test("a histogram that some ranks lack is left out and counted, as is what cannot be merged", async () => {
  const both = { min: -1, max: 1, mean: 0.5, std: 1, count: 10 };
  const { rows, summary } = await merged(
    lines({ ...both, rank: 0, edges: [-1, 0, 1], counts: [5, 5] }, { ...both, rank: 1, mean: -0.5 }),
  );
  assert.equal([rows[0]?.histogram, rows[0]?.measured, rows[0]?.stat.count], [undefined, undefined, 20]);
  assert.is(summary.histograms, 0);
  assert.equal(summary.unused, {
    "mean of merged ranks": 2,
    "std of merged ranks": 2,
    "histograms where other merged ranks have none": 1,
  });
  // Of a step with one rank there is nothing to merge.
  const alone = await merged(lines({ ...both, rank: 0 }, { ...both, step: 1, rank: 1 }));
  assert.equal(alone.rows[0]?.measured, { mean: [0.5], std: [1] });
});

test("rows that lack ranks of their site are counted and told", async () => {
  const text =
    "step,site,rank,min,max\n0,a/input,0,-1,1\n1,a/input,0,-1,1\n1,a/input,1,-5,5\n1,b/input,0,-1,1\n";
  const { summary } = await merged(text);
  assert.is(summary.partial, 1);
  assert.match(
    importText(summary),
    /\n {2}merged: 1 row without some of the ranks that its site has at other steps, whose tensors may be wider\n/,
  );
  assert.is((await imported(text)).summary.partial, 0);
});

test("a rank without elements says nothing of the ends, in whatever order they come", async () => {
  for (const empty of [
    { min: 0, max: 0, count: 0 },
    { min: "Infinity", max: "-Infinity", count: 0 },
  ])
    for (const order of [
      [0, 1, 2],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const ranks = [empty, { min: 2, max: 3, count: 5 }, { min: 2.5, max: 4, count: 6 }];
      const { rows, summary } = await merged(lines(...order.map((rank) => ({ ...ranks[rank], rank }))));
      assert.equal(shortly(rows[0]!).slice(3), [2, 4]);
      assert.equal([rows[0]?.stat.count, rows[0]?.verdict, summary.empty], [11, "observed", 0]);
    }
  const { rows, summary } = await merged(
    lines({ rank: 0, min: 0, max: 0, count: 0 }, { rank: 1, min: 0, max: 0, count: 0 }),
  );
  assert.equal([rows[0]?.verdict, summary.empty], ["empty", 1]);
  const alone = await imported(lines({ min: "Infinity", max: "-Infinity", count: 0 }));
  assert.equal([alone.rows[0]?.verdict, alone.summary.empty], ["empty", 1]);
});

test("counts are of merged rows: one is not finite if one rank is not, and printed as 0 if all ranks are", async () => {
  const { summary } = await merged(lines({ rank: 0, min: -1, max: 1 }, { rank: 1, min: "NaN", max: "NaN" }));
  assert.equal([summary.rows, summary.nonFinite], [1, 1]);
  // What is not finite is counted once, by the rank that counted it.
  const counted = await merged(
    lines(
      ...[5, 0, 0].map((nonFinite, rank) => ({
        rank,
        min: rank === 0 ? "NaN" : -1,
        max: 1,
        count: 9,
        nonFinite,
      })),
    ),
  );
  assert.is(counted.rows[0]?.stat.nonFinite, 5);
  const zeros = await merged(
    "step,site,rank,amax\n0,a/input,0,0.000\n0,a/input,1,0.250\n1,a/input,0,0.000\n1,a/input,1,0.000\n",
  );
  assert.equal([zeros.summary.rounded, zeros.summary.lost], [2, 1]);
});

test("what is known of ranks together is the less exact of both, and elements that one does not count are not counted", async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const ranks = [
      { amax: 2, count: 7 },
      { min: -1, max: 3 },
    ];
    const { rows } = await merged(lines(...order.map((rank) => ({ ...ranks[rank], rank }))));
    assert.equal([rows[0]?.foreign?.known, rows[0]?.stat.count], ["amax", 0]);
    assert.equal(shortly(rows[0]!).slice(3), [-2, 3]);
  }
});

test("more elements together than a recording counts are refused", async () => {
  const half = 2 ** 31;
  for (const facts of [{ count: half }, { edges: [-1, 0, 1], counts: [half, 0] }])
    assert.is(
      await refusal(
        lines({ min: -1, max: -0.5, ...facts, rank: 0 }, { min: -1, max: -0.5, ...facts, rank: 1 }),
        {
          ranks: "merge",
        },
      ),
      `--ranks merge: ${2 ** 32} elements of a/input at step 0, expected at most ${2 ** 32 - 1}, the largest count of a recording; leave --ranks out.`,
    );
});

test.run();
