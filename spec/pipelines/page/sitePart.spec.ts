/** @file One site in a browser: how a person gets there, and that what stands there are the numbers of the recording. */
import type { Page } from "playwright-core";
import { throwError } from "rxjs";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { replayColumns } from "../../../pipelines/replay/replayColumns.ts";
import { withCounterfactuals } from "../../../pipelines/report/counterfactuals.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { readLearningLog } from "../../../pipelines/runs/learningLog.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import { browserSuite } from "../../support/browser.ts";
import { chartOf, stepsOf, tipAt } from "../../support/pageCharts.ts";
import { madeUp } from "../../support/runViews.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small } from "../runs.ts";

const { test, openReport, run } = browserSuite("page/sitePart");

const dir = scratch();
await eventsOf({ ...small, sqnrEvery: 2, histogramEvery: 5 }, { out: dir });
const { rows: read } = recordingOf(dir);
const recorded: readonly RangeSeen[] = [...read()];
const others = [
  { name: "current", estimator: currentMinMax() },
  { name: "percentile", estimator: percentile() },
  { name: "broken", estimator: () => throwError(() => new Error("boom")) },
];

const titleOf = (page: Page): Promise<string | null> => page.textContent("#site h2");
const shows = (page: Page, site: string): Promise<unknown> =>
  page.waitForFunction((site) => document.querySelector("#site h2")?.textContent === site, site);

/** Cells of the table behind a chart; what is open stays open from site to site. */
const cellsOf = async (page: Page, what: string): Promise<readonly (readonly string[])[]> => {
  const details = page.locator("#site details.numbers", { hasText: what });
  if (!(await details.evaluate((one) => one.hasAttribute("open")))) await details.locator("summary").click();
  await details.locator("tbody").waitFor();
  return details
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map(({ textContent }) => textContent ?? "")));
};

const rowsOf = (site: string): readonly RangeSeen[] => recorded.filter((row) => row.site === site);
const least = (numbers: readonly number[]): number => Math.min(...numbers);
const most = (numbers: readonly number[]): number => Math.max(...numbers);

test("the table of a site has every number of its rows, of single steps and of those that share a bucket", async () => {
  for (const buckets of [64, 8]) {
    const view = readRunView(dir, "small", () => buckets);
    const { page, complaints } = await openReport([view]);
    for (const site of ["conv1/input", "dense2/gradient"]) {
      await page.evaluate((site) => {
        location.hash = `#site=${site}`;
      }, site);
      await shows(page, site);
      const told = await cellsOf(page, "Ranges as a table");
      const expected = Array.from({ length: Math.ceil(view.steps / view.width) }, (_, i) => {
        const those = rowsOf(site).filter(({ step }) => Math.floor(step / view.width) === i);
        const [lo, hi] = [those.map(({ range }) => range.lo), those.map(({ range }) => range.hi)];
        return [
          ...[i * view.width, Math.min(view.steps, (i + 1) * view.width) - 1],
          ...[least(those.map(({ stat }) => stat.min)), most(those.map(({ stat }) => stat.max))],
          ...[least(lo), most(lo), least(hi), most(hi)],
          ...[those.filter(({ isStatic }) => isStatic).length, those.length, 0],
        ].map(String);
      });
      assert.equal(told, expected);
      const clipped = rowsOf(site).reduce((sum, row) => sum + row.clipped, 0);
      if (clipped > 0) {
        const cells = await cellsOf(page, "Clipped elements as a table");
        const sum = cells.reduce((sum, row) => sum + Number(row[4]), 0);
        assert.is(sum, clipped);
      }
    }
    assert.equal(complaints, []);
  }
});

test("the table of ratios has those that the run has measured, at their steps", async () => {
  const { page } = await openReport([readRunView(dir, "small")]);
  const site = (await titleOf(page))!;
  const logged = readLearningLog(dir).filter((line) => line.event === "sqnr" && line.site === site);
  assert.is(logged.length, 10);
  assert.equal(
    (await cellsOf(page, "Ratios as a table")).map(([step, , mean]) => [step, mean]),
    logged.map((line) => (line.event === "sqnr" ? [String(line.step), String(line.sqnr)] : [])),
  );
});

test("a tip tells all digits of a step", async () => {
  const { page } = await openReport([readRunView(dir, "small")]);
  const site = (await titleOf(page))!;
  const { stat, range } = rowsOf(site).find(({ step }) => step === 7)!;
  const [step, observed, used] = await tipAt(page, chartOf("Observed values"), 7);
  assert.is(step, "step 7");
  assert.is(observed, `observed ${stat.min} to ${stat.max}`);
  assert.is(used, `range ${range.lo} to ${range.hi}`);
});

test("charts of a site show the same steps, on both axes, and each has its table", async () => {
  const { page, complaints } = await openReport([readRunView(dir, "small")]);
  await page.check("#site input[value='signed log']");
  const labels = await page.$$eval("#site svg[aria-label]", (all) =>
    all.map((svg) => svg.getAttribute("aria-label")!.split(" of ")[0]!),
  );
  assert.ok(labels.length >= 3);
  const domains = await Promise.all(labels.map((label) => stepsOf(page, chartOf(label))));
  for (const domain of domains) assert.equal(domain, domains[0]);
  assert.is(await page.locator("#site details.numbers").count(), labels.length);
  assert.equal(complaints, []);
});

test("links, keys, the search and the way back of the browser go from site to site; names may be anything", async () => {
  const odd = "<img src=x>/größe & 100%+1/input";
  const { page, complaints, requests } = await openReport([
    madeUp({ sites: ["a/input", "a/weight", odd, "b/gradient"], steps: 3 }),
  ]);
  assert.is(await titleOf(page), "a/input");
  await page.click("text=next ›");
  await shows(page, "a/weight");
  await page.keyboard.press("j");
  await shows(page, odd);
  const address = await page.evaluate(() => location.href);
  await page.keyboard.press("k");
  await shows(page, "a/weight");
  await page.goBack();
  await shows(page, odd);
  await page.goForward();
  await shows(page, "a/weight");
  await page.click("#site .site-picker summary");
  await page.fill("#site input[type=search]", "grad");
  const found = await page.$$eval("#site .sites a", (all) =>
    all.filter((a) => a.checkVisibility()).map(({ textContent }) => textContent),
  );
  assert.equal(found, ["gradient"]);
  await page.press("#site input[type=search]", "Enter");
  await shows(page, "b/gradient");
  await page.goto(address);
  await page.reload();
  await page.waitForSelector("main[data-state=ready]");
  assert.is(await titleOf(page), odd);
  await page.goto(address.replace(/#.*/, "#site=nobody"));
  await shows(page, "a/input");
  assert.equal([complaints, requests.filter((url) => !url.startsWith(address.replace(/#.*/, "")))], [[], []]);
});

test("five hundred sites have one list, which is searched", async () => {
  const sites = Array.from({ length: 500 }, (_, i) => `stage${i % 7}/block${i}/gradient`);
  const { page, complaints } = await openReport([madeUp({ sites, steps: 4 })]);
  await page.click("#site .site-picker summary");
  assert.is(await page.locator("#site .sites a").count(), 500);
  await page.fill("#site input[type=search]", "stage3 499");
  const shown = page.locator("#site .sites a:visible");
  assert.is(await shown.count(), 0);
  await page.fill("#site input[type=search]", "block499");
  await shown.click();
  await shows(page, sites[499]!);
  assert.equal(complaints, []);
});

test("what others would have answered stands on the chart, in the tip, in tables and on the map", async () => {
  const view = await withCounterfactuals(readRunView(dir, "small"), read, others);
  const site = "conv1/gradient";
  const replayed = (view.replayed ?? []).filter((row) => row.site === site);
  const { page, complaints } = await openReport([view]);
  await page.evaluate((site) => {
    location.hash = `#site=${site}`;
  }, site);
  await shows(page, site);
  const { stat } = rowsOf(site).find(({ step }) => step === 9)!;
  const tip = await tipAt(page, chartOf("Observed values"), 9);
  assert.ok(tip.includes(`current: ${stat.min} to ${stat.max}`), tip.join("\n"));
  const labels = await page.$$eval(`${chartOf("Observed values")} text`, (all) =>
    all.map((one) => one.textContent?.trim()),
  );
  assert.ok(labels.some((label) => label?.endsWith("current")));
  const table = await page.$$eval("#site .wide tbody tr", (all) =>
    all.map((row) => [...row.children].map(({ textContent }) => textContent)),
  );
  const { heads, cells } = replayColumns(replayed);
  assert.equal(
    table,
    replayed.map((row) => [row.estimator, ...cells(row)]),
  );
  assert.ok(heads.includes("SQNR steps"));
  // Percentile is shown the tensors that have a histogram.
  assert.equal(
    table.map(([name, tensors]) => [name, tensors]),
    [
      ["run's own", "20"],
      ["current", "20"],
      ["percentile", "4 of 20"],
    ],
  );
  const said = (await page.textContent("#site")) ?? "";
  assert.match(said, /percentile: needs histograms, so shown only the 4 of 20 tensors that have one/);
  assert.not.match(said, /percentile could not be replayed/);
  const fills = (): Promise<readonly (string | null)[]> =>
    page.$$eval(`${chartOf("Fit of")} [aria-label=rect] rect`, (all) =>
      all.map((one) => one.getAttribute("fill")),
    );
  const own = await fills();
  await page.check("#fit input[value=current]");
  const other = await fills();
  assert.is(own.length, other.length);
  // The range of the tensor itself fits everywhere.
  assert.equal([...new Set(other)].length, 1);
  assert.ok(new Set(own).size > 1);
  await page.check("#fit input[value=broken]");
  assert.match(
    (await page.textContent("#fit")) ?? "",
    /What broken would have answered\.It could not be replayed/,
  );
  assert.match((await page.textContent("#fit")) ?? "", /broken failed: boom.* So it went at 15 sites\./);
  assert.equal(complaints, []);
});

run();
