/** @file Charts of odd runs: NaN and infinity in every column, one step, one site, many sites, names that look like markup. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  bytesMoved,
  type Chart,
  clippedShare,
  epochChart,
  epochPanels,
  fitMap,
  lossChart,
  packed,
  type RunView,
  rateChart,
  siteHistogram,
  siteRanges,
  siteSqnr,
  svgFile,
  unpacked,
} from "../../../pipelines/charts.ts";
import { bucketsFor } from "../../../pipelines/report/readRunView.ts";
import { reportPage } from "../../../pipelines/report/reportPage.ts";
import { runFold } from "../../../pipelines/views/runFold.ts";
import type { SiteRow } from "../../../pipelines/views/siteRow.ts";
import { python, scratch } from "../files/scratch.ts";

const test = suite("charts of odd runs");
const { document } = parseHTML("<html><body></body></html>");

interface Odd {
  readonly sites: readonly string[];
  readonly steps: number;
  /** Numbers that the rows and losses take in turn. */
  readonly numbers: readonly number[];
}

const plain: SiteRow = {
  ...{ step: 0, observed: true, min: -1, max: 2, lo: -1, hi: 1.5, count: 64, nonFinite: 0 },
  ...{ clipped: 3, bytesMoved: 128, bytesSaved: 64, isStatic: true },
};

/** Columns of a row that hold numbers of a tensor, each of which takes the odd ones in turn. */
const columns = ["min", "max", "lo", "hi"] as const;

const viewOf = ({ sites, steps, numbers }: Odd): RunView => {
  const fold = runFold(bucketsFor);
  for (let step = 0; step < steps; step++) {
    for (const site of sites) {
      const facts = { site, role: "gradient", estimator: "own", bits: 8, scheme: "affine" } as const;
      const one = fold.site(site, () => facts);
      const column = columns[step % columns.length]!;
      const odd =
        numbers.length > 0 ? { [column]: numbers[Math.floor(step / columns.length) % numbers.length]! } : {};
      one.add({ ...plain, step, ...odd });
      if (step % 4 === 0)
        one.addHistogram({ step, values: Float32Array.of(-1, 0, 2), counts: Uint32Array.of(1, 2, 1) });
      if (numbers.length > 0) fold.addSqnr({ site, step, sqnr: numbers[step % numbers.length]! });
    }
    fold.addStep({ step, loss: numbers[step % numbers.length] ?? 1, learningRate: 0.1 });
  }
  const score = numbers[0] ?? 0.5;
  return {
    ...{ name: "odd", state: "open", facts: [], counterfactuals: [], missing: [] },
    epochs: [
      {
        ...{ event: "epoch", epoch: 1, epochs: 1, steps, loss: score, testLoss: score, metric: "accuracy" },
        ...{ trainScore: score, testScore: score, learningRate: 0.1, imagesPerSecond: 1 },
      } as unknown as RunView["epochs"][number],
    ],
    ...fold.view(),
  };
};

const chartsOf = (run: RunView): Readonly<Record<string, Chart>> => {
  const options = { document };
  const site = run.sites.at(-1)!;
  return {
    lossChart: lossChart(run, options),
    rateChart: rateChart(run, options),
    ...Object.fromEntries(
      epochPanels(run).map((panel, i) => [`epoch ${i}`, epochChart(run, panel, options)]),
    ),
    fitMap: fitMap(run, options),
    bytesMoved: bytesMoved(run, options),
    siteRanges: siteRanges(run, site, options),
    signedLog: siteRanges(run, site, { ...options, axis: "signed log" }),
    clippedShare: clippedShare(run, site, options),
    siteSqnr: siteSqnr(run, site, options),
    siteHistogram: siteHistogram(run, site, options),
  };
};

/** Every attribute that places something holds finite numbers. */
const isDrawn = (name: string, chart: Chart): void => {
  for (const one of [chart, ...chart.querySelectorAll("*")])
    for (const { name: attribute, value } of [...one.attributes])
      if (/^(d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|points|transform)$/.test(attribute))
        assert.not.match(
          value,
          /NaN|Infinity|undefined/,
          `${name}: <${one.localName} ${attribute}="${value.slice(0, 80)}">`,
        );
};

/** As a page gets it: through bytes. */
const travelled = (run: RunView): RunView => (unpacked(packed([run])) as readonly RunView[])[0]!;

for (const [title, odd] of [
  [
    "NaN and infinity in every column",
    {
      sites: ["a/gradient"],
      steps: 40,
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 5e-324, 8.5e37],
    },
  ],
  ["nothing but NaN", { sites: ["a/gradient"], steps: 8, numbers: [Number.NaN] }],
  ["nothing but infinity", { sites: ["a/gradient"], steps: 8, numbers: [Number.POSITIVE_INFINITY] }],
  ["nothing but zero", { sites: ["a/gradient"], steps: 8, numbers: [0] }],
  ["one step of one site", { sites: ["a/gradient"], steps: 1, numbers: [] }],
  ["more steps than buckets", { sites: ["a/gradient", "b/weight"], steps: 3000, numbers: [] }],
] as const satisfies readonly (readonly [string, Odd])[])
  test(`${title}: every chart is drawn, and places nothing at NaN`, () => {
    const run = travelled(viewOf(odd));
    for (const [name, chart] of Object.entries(chartsOf(run))) {
      isDrawn(name, chart);
      assert.match(chart.outerHTML, /<svg/, name);
    }
    assert.match(reportPage([run]), /<script id="runs"/);
  });

test("500 sites: the fit map has a row for each, and the page stays small", () => {
  const sites = Array.from({ length: 500 }, (_, i) => `block${i}/conv/gradient`);
  const run = travelled(viewOf({ sites, steps: 40, numbers: [] }));
  const chart = fitMap(run, { document });
  isDrawn("fitMap", chart);
  const tops = new Set([...chart.querySelectorAll("rect")].map((rect) => rect.getAttribute("y")));
  assert.ok(tops.size >= 500, `${tops.size} rows`);
  assert.ok(reportPage([run]).length < 5e6);
});

test("names that look like markup are text, in charts, in files and in the page", () => {
  const evil = `</script><script>alert(1)</script>/<img src=x onerror="alert(2)">&amp;"'\u2028ünïcode ☃/gradient`;
  const run = { ...travelled(viewOf({ sites: [evil], steps: 4, numbers: [] })), name: evil };
  assert.is(run.sites[0]!.site, evil);
  for (const [name, chart] of Object.entries(chartsOf(run))) {
    const parsed = parseHTML(`<body>${chart.outerHTML}</body>`).document;
    assert.ok(parsed.querySelectorAll("svg").length > 0, name);
    assert.is(parsed.querySelectorAll("script, img").length, 0, name);
  }
  const path = join(scratch(), "evil.svg");
  writeFileSync(
    path,
    svgFile(`${evil}\u0007`, (document) => fitMap(run, { document })),
  );
  const title = python(
    "import sys, json; from xml.etree import ElementTree as X; print(json.dumps(X.parse(sys.argv[1]).getroot()[0].text))",
    path,
  );
  if (python("") !== undefined) assert.is(JSON.parse(title ?? "null"), `${evil}\ufffd`);
  const page = reportPage([run]);
  // One for the data, one for the program.
  const scripts = parseHTML(page).document.querySelectorAll("script");
  assert.is(scripts.length, 2);
  assert.not.match(page.slice(0, page.indexOf("<body>")), /alert\(1\)<\/script>/);
  assert.match(page, /<title>&lt;\/script&gt;&lt;script&gt;/);
});

test.run();
