/** @file The report of a run that was trained, in a browser: what it draws and tells are the numbers of the recording. */
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { type LoggedStep, readLearningLog } from "../../../pipelines/runs/learningLog.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { browserSuite } from "../../support/browser.ts";
import { textContrasts } from "../../support/contrast.ts";
import { chartOf, dragOver, numbersIn, placeOf, stepsOf, tipAt } from "../../support/pageCharts.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small } from "../runs.ts";

const { test, openReport, run } = browserSuite("page/reportOfRun");

const dir = scratch();
await eventsOf({ ...small, sqnrEvery: 1, histogramEvery: 1 }, { out: dir });
const rows: readonly RangeSeen[] = [...recordingOf(dir).rows()];
const steps = readLearningLog(dir).filter((line): line is LoggedStep => line.event === "step");
const opened = (): ReturnType<typeof openReport> => openReport([readRunView(dir, "small")]);

const charts = { loss: chartOf("Loss of"), fit: chartOf("Fit of"), site: chartOf("Observed values") };

/** The page writes six digits at least. */
const tells = (text: string, expected: number): boolean =>
  numbersIn(text).some((told) => Math.abs(told - expected) <= 5e-6 * Math.abs(expected));

const tellsAll = (text: string, expected: readonly number[]): void => {
  for (const one of expected) assert.ok(tells(text, one), `${one} is not in "${text}"`);
};

const rowOf = (site: string, step: number): RangeSeen =>
  rows.find((row) => row.site === site && row.step === step)!;

const choose = async (page: Page, site: string): Promise<void> => {
  await page.mouse.click(...(await placeOf(page, charts.fit, 3, site)));
  await page.waitForSelector(`main svg[aria-label^="Observed values and ranges of ${site} "]`);
};

test("every chart has marks whose places are numbers; nothing is asked for, nobody complains", async () => {
  const { page, complaints, requests } = await opened();
  const found = await page.$$eval("main svg[aria-label]", (all) =>
    all.map((svg) => ({
      label: svg.getAttribute("aria-label"),
      marks: [...svg.querySelectorAll("g[aria-label]")]
        .filter((g) => !/axis|grid|tip|rule/.test(g.getAttribute("aria-label") ?? ""))
        .reduce((marks, g) => marks + g.querySelectorAll("path, rect, circle, line").length, 0),
      broken: [...svg.querySelectorAll("*")].filter((one) =>
        one.getAttributeNames().some((name) => /NaN|undefined/.test(one.getAttribute(name) ?? "")),
      ).length,
    })),
  );
  assert.ok(found.length >= 3);
  assert.equal(
    found.filter(({ marks, broken }) => marks === 0 || broken > 0),
    [],
  );
  assert.not.match((await page.textContent("main")) ?? "", /NaN|undefined|\[object/);
  assert.equal([complaints, requests], [[], []]);
});

test("pointing at a step of a site tells its row of the recording, at every site", async () => {
  const { page, complaints } = await opened();
  for (const [i, site] of [...new Set(rows.map((row) => row.site))].entries()) {
    await choose(page, site);
    const step = (7 * i) % 20;
    const { stat, range, clipped } = rowOf(site, step);
    const text = (await tipAt(page, charts.site, step)).join("\n");
    tellsAll(text, [step, stat.min, stat.max, range.lo, range.hi, (100 * clipped) / stat.count]);
  }
  assert.equal(complaints, []);
});

test("pointing at a step of the loss tells that of its batch", async () => {
  const { page } = await opened();
  for (const { step, loss } of steps.filter(({ step }) => step % 5 === 2))
    tellsAll((await tipAt(page, charts.loss, step)).join("\n"), [step, loss]);
});

test("pointing at a cell of the fit map tells how many times its tensor the range spans", async () => {
  const { page } = await opened();
  const span = (lo: number, hi: number): number => Math.max(hi, 0) - Math.min(lo, 0);
  for (const [site, step] of [
    ["conv1/weight", 4],
    ["dense2/input", 11],
    ["conv1/gradient", 16],
  ] as const) {
    const [name, ...lines] = await tipAt(page, charts.fit, step + 0.5, site);
    const { stat, range, clipped } = rowOf(site, step);
    const times = span(range.lo, range.hi) / span(stat.min, stat.max);
    assert.is(name, site);
    tellsAll(lines.join("\n"), [step, Math.max(times, 1 / times), (100 * clipped) / stat.count]);
  }
});

test("dragging over any chart zooms all of them to its steps, and a double click shows the whole run", async () => {
  const { page, complaints } = await opened();
  const domains = () => Promise.all(Object.values(charts).map((chart) => stepsOf(page, chart)));
  const whole = await domains();
  const shownSite = async () => (await page.getAttribute(charts.site, "aria-label"))!.split(" ").at(-3)!;
  for (const chart of Object.values(charts)) {
    const site = await shownSite();
    await dragOver(page, chart, 5, 12);
    assert.is(await shownSite(), site, "a drag chooses no site");
    for (const [from, to] of await domains()) {
      assert.ok(from! >= 4 && from! <= 5, `${chart} ${from}`);
      assert.ok(to! >= 12 && to! <= 14, String(to));
    }
    const { stat } = rowOf(site, 9);
    tellsAll((await tipAt(page, charts.site, 9)).join("\n"), [9, stat.min, stat.max]);
    const [x, y] = await placeOf(page, chart, 8);
    await page.mouse.dblclick(x, y);
    assert.equal(await domains(), whole);
  }
  assert.equal(complaints, []);
});

test("all that can be used is reached with the keyboard, shows its focus, and tables open with Enter", async () => {
  const { page, complaints } = await opened();
  const controls = "a[href], button, input:not([type=radio]), select, summary";
  const wanted = await page.$$eval(
    `body :is(${controls})`,
    (all) => all.filter((one) => one.checkVisibility()).length,
  );
  const reached = new Set<string>();
  let tables = 0;
  for (let i = 0; i < 4 * wanted; i++) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate((controls) => {
      const one = document.activeElement;
      if (!one?.matches(controls)) return undefined;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      const all = [...document.querySelectorAll(controls)];
      return {
        name: `${all.indexOf(one)} ${one.textContent}`,
        isSeen: outlineStyle !== "none" && outlineWidth !== "0px",
        isTable: one.parentElement?.matches("details:not([open])") ?? false,
      };
    }, `:is(${controls})`);
    if (!now || reached.has(now.name)) continue;
    reached.add(now.name);
    assert.ok(now.isSeen, `the focus of ${now.name} is not seen`);
    if (!now.isTable) continue;
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.parentElement?.matches("details[open]"));
    tables += await page.evaluate(
      () => document.activeElement!.parentElement!.querySelectorAll("tbody tr").length,
    );
    await page.keyboard.press("Enter");
  }
  assert.is(reached.size, wanted);
  assert.ok(tables > 20, `${tables} rows of tables`);
  assert.equal(complaints, []);
});

test("every text can be read in light and in dark, which have other colours", async () => {
  const papers = new Set<string>();
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await openReport([readRunView(dir, "small")], { colorScheme });
    for (const summary of await page.$$("main summary")) await summary.click();
    await tipAt(page, charts.site, 9);
    const found = await textContrasts(page);
    assert.ok(found.length > 100);
    assert.equal(
      found.filter(({ contrast }) => contrast < 4.5),
      [],
      colorScheme,
    );
    papers.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  }
  assert.is(papers.size, 2);
});

run();
