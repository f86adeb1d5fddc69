/** @file Changes of a view: whoever takes them, as often or as seldom as he likes, has the view of the fold. */
import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packed, unpacked } from "../../../pipelines/views/packed.ts";
import { type RunFold, runFold } from "../../../pipelines/views/runFold.ts";
import type { SiteRow } from "../../../pipelines/views/siteRow.ts";
import { withFoldChanges } from "../../../pipelines/views/viewChanges.ts";

const test = suite("views/viewChanges");

type FoldView = ReturnType<RunFold["view"]>;

const copied = (view: FoldView): FoldView => unpacked(packed(view)) as FoldView;

/** Buckets of the folds here: few, so that they grow wider again and again. */
const mostFor = (sites: number): number => (sites > 3 ? 4 : 8);

const rowOf = (step: number, hi: number): SiteRow => ({
  ...{ step, observed: hi !== 0, min: -hi / 2, max: hi, lo: -1, hi: 1, count: 10, nonFinite: 0 },
  ...{ clipped: step % 3, bytesMoved: 100, bytesSaved: 40, isStatic: step > 0 },
});

const facts = (site: string) => ({
  site,
  role: "weight" as const,
  ...{ estimator: "currentMinMax", bits: 8, scheme: "affine" },
});

/** How often a reader has got a whole view, and how often a change. */
const taken = { wholes: 0, changes: 0 };

/** Someone who has a view and is told what changes. */
const reader = (fold: RunFold) => {
  let view = copied(fold.view());
  let version = fold.endVersion();
  return {
    take: (): void => {
      const change = fold.changesSince(version);
      version = fold.endVersion();
      if (change === undefined) {
        taken.wholes++;
        view = copied(fold.view());
      } else {
        taken.changes++;
        view = withFoldChanges(view, unpacked(packed(change)) as typeof change);
      }
    },
    view: () => view,
  };
};

const event = fc.oneof(
  fc.record({ of: fc.constant("row" as const), site: fc.nat(4), value: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ of: fc.constant("sqnr" as const), site: fc.nat(4), value: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ of: fc.constant("histogram" as const), site: fc.nat(4), value: fc.nat(9) }),
  fc.record({ of: fc.constant("loss" as const), value: fc.constantFrom(1, 2.5, Number.NaN, Infinity) }),
  fc.record({ of: fc.constant("step" as const), value: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ of: fc.constant("fast" as const) }),
  fc.record({ of: fc.constant("slow" as const) }),
);

test("a reader who takes every change and one who takes few have the same view, which is that of the fold", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), (events) => {
      const fold = runFold(mostFor);
      const [fast, slow] = [reader(fold), reader(fold)];
      let step = 0;
      for (const one of events) {
        const siteOf = (index: number) => fold.site(`site${index}`, () => facts(`site${index}`));
        if (one.of === "row") siteOf(one.site).add(rowOf(step, one.value));
        else if (one.of === "sqnr")
          fold.addSqnr({ site: `site${one.site}`, step: Math.max(0, step - 2), sqnr: one.value });
        else if (one.of === "histogram")
          siteOf(one.site).addHistogram({
            step,
            values: Float32Array.of(one.value),
            counts: Uint32Array.of(1),
          });
        else if (one.of === "loss") fold.addStep({ step, loss: one.value, learningRate: 0.1 });
        else if (one.of === "step") step += one.value;
        else if (one.of === "fast") fast.take();
        else slow.take();
        if (one.of === "fast") deepStrictEqual(fast.view(), copied(fold.view()));
      }
      for (const each of [fast, slow, reader(fold)]) {
        each.take();
        deepStrictEqual(each.view(), copied(fold.view()));
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(taken.wholes > 10 && taken.changes > 100, JSON.stringify(taken));
});

test("a change holds the buckets that are newer, and nothing where nothing is", () => {
  const fold = runFold(() => 8);
  const site = fold.site("a", () => facts("a"));
  for (let step = 0; step < 4; step++) site.add(rowOf(step, 1));
  const before = fold.endVersion();
  assert.equal(fold.changesSince(before), { steps: 4, width: 1, sites: [] });
  site.add(rowOf(4, 2));
  const { sites } = fold.changesSince(before)!;
  assert.equal(
    sites.map(({ index, facts, columns }) => [index, facts, columns?.from, columns?.values.length]),
    [[0, undefined, 4, Object.keys(fold.view().sites[0]!.columns).length]],
  );
  const after = fold.endVersion();
  site.add(rowOf(8, 2));
  assert.is(fold.changesSince(after), undefined, "buckets have become wider");
  assert.is(fold.view().width, 2);
});

test("a ratio of a site that has no rows yet waits for them", () => {
  const [early, late] = [runFold(() => 8), runFold(() => 8)];
  const ratio = { site: "a", step: 0, sqnr: 20 };
  early.addSqnr(ratio);
  assert.equal(early.view().sites, []);
  for (const fold of [early, late]) fold.site("a", () => facts("a")).add(rowOf(0, 1));
  late.addSqnr(ratio);
  deepStrictEqual(early.view(), late.view());
  assert.equal([...late.view().sites[0]!.columns.sqnrSum], [20]);
});

test("the width is the least power of two for which all steps have a bucket, in whatever order sites and steps come", () => {
  const wide = (order: readonly ("site" | "step")[]): number => {
    const fold = runFold((sites) => 2 * Math.floor(8 / sites));
    let [sites, step] = [0, 0];
    for (const one of order)
      if (one === "site") fold.site(`${sites}`, () => facts(`${sites++}`)).add(rowOf(step, 1));
      else fold.addStep({ step: step++, loss: 1, learningRate: 1 });
    return fold.view().width;
  };
  const [sites, steps] = [Array(4).fill("site"), Array(13).fill("step")];
  assert.is(wide([...sites, ...steps]), 4);
  assert.is(wide([...steps, ...sites]), 4);
  assert.is(wide(["site", ...steps]), 1);
});

test.run();
