/** @file Charts of a site: whatever was recorded, marks have places, and the same step is at the same place in each. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import type { Chart } from "../../../pipelines/charts/chart.ts";
import { clippedAxis, clippedPoints, clippedShare } from "../../../pipelines/charts/clippedShare.ts";
import { commonEdges, sharesIn } from "../../../pipelines/charts/commonBins.ts";
import { heatCells, heatColour, siteHistogram } from "../../../pipelines/charts/siteHistogram.ts";
import { siteRanges } from "../../../pipelines/charts/siteRanges.ts";
import { siteSqnr, sqnrPoints } from "../../../pipelines/charts/siteSqnr.ts";
import { openView } from "../../../pipelines/views/openView.ts";
import type { Counterfactual, RunView } from "../../../pipelines/views/runView.ts";
import type { SiteRow } from "../../../pipelines/views/siteRow.ts";

const test = suite("charts/siteCharts");

const document = parseHTML("<html><body></body></html>").document as unknown as Document;

const row = (step: number, change: Partial<SiteRow> = {}): SiteRow => ({
  ...{ step, observed: true, min: -1, max: 2, lo: -1.5, hi: 1.5, count: 100, nonFinite: 0 },
  ...{ clipped: 3, bytesMoved: 0, bytesSaved: 0, isStatic: step > 0, ...change },
});

interface Recorded {
  readonly rows: readonly SiteRow[];
  readonly histograms?: readonly (readonly [step: number, values: readonly number[]])[];
  readonly sqnrs?: readonly (readonly [step: number, sqnr: number])[];
  readonly most?: number;
}

const viewOf = ({ rows, histograms = [], sqnrs = [], most = 64 }: Recorded, site = "conv1/gradient") => {
  const { fold, view } = openView("a run", () => most);
  const facts = { site, role: "gradient", estimator: "inHindsight", bits: 8, scheme: "affine" } as const;
  const open = fold.site(site, () => facts);
  rows.forEach(open.add);
  for (const [step, numbers] of histograms) {
    const { values, counts } = histogram({ values: Float32Array.from(numbers) });
    open.addHistogram({ step, values, counts: counts! });
  }
  for (const [step, sqnr] of sqnrs) fold.addSqnr({ site, step, sqnr });
  return view();
};

const charts = { siteRanges, clippedShare, siteSqnr, siteHistogram };

const drawnOf = (view: RunView, axis: "linear" | "signed log", steps?: readonly [number, number]) =>
  Object.entries(charts).map(([name, draw]) => {
    const chart = draw(view, view.sites[0]!, { document, axis, ...(steps && { steps }) });
    return { name, chart };
  });

/** Attributes of places and sizes that are no numbers. */
const brokenIn = (chart: Chart): readonly string[] =>
  [...chart.querySelectorAll("*")].flatMap((one) =>
    [...one.attributes].filter(({ value }) => /NaN|Infinity|undefined/.test(value)).map(({ value }) => value),
  );

const odd = [0, -0, 1e-320, 8e37, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

test("whatever numbers there are, every mark has a place, on both axes, of the whole and of a part", () => {
  const rows = odd.flatMap((a, i) =>
    odd.map((b, j) =>
      row(i * odd.length + j, {
        ...{ min: a, max: b, lo: b, hi: a, count: j, clipped: j, observed: (i + j) % 3 > 0 },
      }),
    ),
  );
  const sqnrs = odd.map((sqnr, step) => [step, sqnr] as const);
  const histograms = [[0, [0]] as const, [9, [-1e-30, 0, 3e30]] as const];
  for (const most of [64, 8, 2]) {
    const view = viewOf({ rows, sqnrs, histograms, most });
    for (const axis of ["linear", "signed log"] as const)
      for (const steps of [undefined, [7, 11], [48, 49], [2000, 2001]] as const)
        for (const { name, chart } of drawnOf(view, axis, steps))
          assert.equal(brokenIn(chart), [], `${name}, ${axis}, ${steps}, ${most}`);
  }
});

test("a run of one step has marks that can be seen", () => {
  const view = viewOf({ rows: [row(0)], sqnrs: [[0, 40]], histograms: [[0, [-1, 0, 2]]] });
  for (const { name, chart } of drawnOf(view, "linear")) {
    assert.ok(chart.querySelectorAll("circle, rect, [aria-label=dot] path").length > 0, name);
    assert.equal(brokenIn(chart), []);
  }
});

test("tensors of nothing but zero, and ranges without a span, are drawn", () => {
  const rows = [0, 1, 2].map((step) =>
    row(step, { observed: false, min: 0, max: 0, lo: 0, hi: 0, clipped: 0 }),
  );
  const view = viewOf({ rows });
  for (const axis of ["linear", "signed log"] as const)
    for (const { chart } of drawnOf(view, axis)) assert.equal(brokenIn(chart), []);
  const { chart } = drawnOf(view, "linear")[0]!;
  // Three crosses for tensors that no estimator observes.
  assert.ok(chart.outerHTML.includes("var(--rf-clipped"));
});

test("the same step is at the same place in each chart", () => {
  const rows = Array.from({ length: 50 }, (_, step) => row(step));
  const view = viewOf({ rows, sqnrs: [[10, 30]], histograms: [[20, [1, 2]]] });
  for (const steps of [undefined, [10, 31]] as const) {
    const places = drawnOf(view, "linear", steps).map(({ chart }) =>
      [12, 30].map((step) => (chart.scale("x") as { apply: (x: number) => number }).apply(step)),
    );
    for (const place of places) assert.equal(place, places[0]);
  }
});

test("a rail is full where ranges were static, pale where they were dynamic, and between where a bucket has both", () => {
  const rows = Array.from({ length: 12 }, (_, step) => row(step, { isStatic: step >= 6 }));
  const railOf = (most: number) => {
    const view = viewOf({ rows, most });
    const chart = siteRanges(view, view.sites[0]!, { document });
    return [...chart.querySelectorAll("[aria-label=rect] rect")].map((rect) => [
      Number(rect.getAttribute("fill-opacity")),
      rect.querySelector("title")?.textContent,
    ]);
  };
  const [dynamic, both, all] = [
    [0.15, "dynamic"],
    [0.575, "both"],
    [1, "static"],
  ];
  assert.equal(railOf(64), [dynamic, all]);
  assert.equal(railOf(4), [dynamic, both, all]);
});

test("names of sites and estimators are text", () => {
  const site = `<img src=x onerror="boom()">/größe&amp;`;
  const view = viewOf({ rows: [row(0), row(1)] }, site);
  const [own] = view.sites;
  const named: Counterfactual = { site, estimator: "<b>mine</b>", columns: columnsOf(own!.columns) };
  const chart = siteRanges({ ...view, counterfactuals: [named] }, own!, { document });
  assert.equal([...chart.querySelectorAll("img, b")], []);
  assert.ok(chart.getAttribute("aria-label")?.includes(site));
  assert.ok((chart.textContent ?? "").includes("<b>mine</b>"));
});

test("shares of clipped elements are those of all elements of a bucket, and of its worst tensor", () => {
  const view = viewOf({
    rows: [row(0, { clipped: 1 }), row(1, { clipped: 9, count: 20 }), row(2, { clipped: 0 })],
    most: 2,
  });
  assert.equal(
    clippedPoints(view, view.sites[0]!).map(({ mean, worst }) => [mean, worst]),
    [
      [(100 * 10) / 120, 45],
      [0, 0],
    ],
  );
});

test("a logarithm is for shares that are far apart", () => {
  const shares = (...all: readonly number[]) =>
    all.map((mean, bucket) => ({ bucket, step: bucket, mean, worst: mean }));
  assert.is(clippedAxis(shares(0, 0.001, 0.002, 40)), "signed log");
  assert.is(clippedAxis(shares(10, 20, 40)), "linear");
  assert.is(clippedAxis(shares(0, 0)), "linear");
});

test("ratios of a bucket have their ends, and the mean of those with an error; without any error it is infinite", () => {
  const rows = [0, 1, 2, 3, 4, 5].map((step) => row(step));
  const view = viewOf({
    rows,
    sqnrs: [
      [0, 30],
      [1, 50],
      [3, Number.POSITIVE_INFINITY],
      [4, 20],
      [5, Number.POSITIVE_INFINITY],
    ],
    most: 4,
  });
  assert.equal(
    sqnrPoints(view, view.sites[0]!).map(({ mean, least, greatest }) => [mean, least, greatest]),
    [
      [40, 30, 50],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [20, 20, Number.POSITIVE_INFINITY],
    ],
  );
});

test("elements of a histogram are shared by common bins: all of them, and where they are", () => {
  const { values, counts } = histogram({ values: Float32Array.of(-1, -1, 0, 0, 0, 0, 3, 3) });
  const shares = sharesIn(commonEdges([-1, 3], "linear", 1, 4), { step: 0, values, counts: counts! });
  assert.equal([...shares], [0.25, 0.5, 0, 0.25]);
  const { values: spread, counts: many } = histogram({
    values: Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) / (1 + (i % 7))),
  });
  for (const axis of ["linear", "signed log"] as const) {
    const all = sharesIn(commonEdges([-1, 1], axis, 0.01, 48), { step: 0, values: spread, counts: many! });
    assert.ok(Math.abs(all.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  }
});

test("one histogram or five hundred: columns reach up to the next one, and hold all elements", () => {
  for (const count of [1, 2, 500]) {
    const rows = Array.from({ length: 1000 }, (_, step) => row(step));
    const histograms = Array.from({ length: count }, (_, i) => [2 * i, [-1, 0, 0, 2]] as const);
    const view = viewOf({ rows, histograms, most: 1024 });
    const cells = heatCells(view, view.sites[0]!);
    const columns = new Map<number, number>();
    for (const { x1, x2, share } of cells) {
      assert.ok(x2 > x1);
      columns.set(x1, (columns.get(x1) ?? 0) + share);
    }
    assert.is(columns.size, count === 500 ? 100 : count);
    for (const all of columns.values()) assert.ok(Math.abs(all - 1) < 1e-9);
    const ends = [...new Set(cells.map(({ x2 }) => x2))];
    assert.equal([...columns.keys()].slice(1), ends.slice(0, -1));
  }
});

test("colours of shares differ by decades", () => {
  const colours = [1e-7, 1e-6, 1e-4, 1e-2, 1].map(heatColour);
  assert.is(new Set(colours).size, 4);
  assert.is(colours[0], colours[1]);
});

const columnsOf = (own: RunView["sites"][number]["columns"]): Counterfactual["columns"] => ({
  ...own,
  clippedTensors: new Float64Array(own.rows.length),
});

test.run();
