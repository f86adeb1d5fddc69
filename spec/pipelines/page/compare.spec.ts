/** @file The page of several runs, and that of a study, in a browser: its numbers, its charts, and the way to each run and back. */
import * as assert from "uvu/assert";
import { studyOf } from "../../../pipelines/report/studyView.ts";
import { defaults } from "../../../pipelines/settings/settings.ts";
import { browserSuite } from "../../support/browser.ts";
import { chartOf, dragOver, stepsOf, tipAt } from "../../support/pageCharts.ts";
import { madeUp } from "../../support/runViews.ts";
import { doneRun } from "../studies/doneRun.ts";

const { test, openReport, run } = browserSuite("page/compare");

const charts = {
  loss: chartOf("Loss of 2 runs"),
  scores: chartOf("accuracy of 2 runs"),
  fit: chartOf("Fit of the ranges of"),
};

const both = ["conv1/input", "conv1/gradient"];
const first = madeUp({
  name: "first",
  sites: [...both, "only/weight"],
  change: {
    facts: [
      ["model", "lenet5"],
      ["bits", "8/8/8"],
    ],
  },
});
const second = madeUp({
  name: "<b>second</b>",
  sites: both,
  row: (site, step) => (site === "conv1/gradient" && step >= 30 ? { lo: -4, hi: 4 } : {}),
  loss: (step) => 3 / (1 + step),
  change: {
    facts: [
      ["model", "lenet5"],
      ["bits", "4/4/4"],
    ],
  },
});

test("two runs stand side by side: differing facts, numbers and their differences; names are text", async () => {
  const { page, complaints, requests } = await openReport([first, second]);
  const rows = await page.$$eval("#differences tr", (all) =>
    all.map((row) => [...row.children].map(({ textContent }) => textContent)),
  );
  assert.equal(rows.slice(0, 4), [
    ["", "first", "<b>second</b>", "less the first"],
    ["state", "not finished", "not finished", ""],
    ["bits", "8/8/8", "4/4/4", ""],
    ["accuracy", "80.00 %", "80.00 %", "0.00 points"],
  ]);
  // 60 steps of 5000 bytes at three sites, and at two.
  assert.equal(
    rows.find(([name]) => name === "bytes moved"),
    ["bytes moved", "878.9 KB", "585.9 KB", "−293.0 KB"],
  );
  assert.match((await page.textContent("#fit")) ?? "", "Only first has only/weight.");
  assert.not.match((await page.textContent("main")) ?? "", /NaN|undefined|\[object/);
  assert.equal([complaints, requests], [[], []]);
});

test("the page is no wider than its window, however long the names of its runs are", async () => {
  const name = Array.from({ length: 12 }, (_, i) => `setting-${i}=value`).join(",");
  const runs = ["1", "2"].map((seed) => ({ ...first, name: `${name},seed=${seed}` }));
  for (const width of [400, 1000]) {
    const { page } = await openReport(runs, { viewport: { width, height: 900 } });
    assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
});

test("every chart has marks; tips tell the numbers of both runs; a drag shows the same steps in all charts", async () => {
  const { page, complaints } = await openReport([first, second]);
  for (const chart of Object.values(charts)) {
    const marks = await page.$eval(
      chart,
      (svg) => svg.querySelectorAll("[aria-label=line] path, [aria-label=rect] rect").length,
    );
    assert.ok(marks >= 2, `${marks} marks in ${chart}`);
  }
  const tip = await tipAt(page, charts.fit, 45.5, "conv1/gradient");
  assert.equal(tip.slice(0, 2), ["conv1/gradient", "step 45"]);
  const text = tip.join(" ");
  assert.match(text, "<b>second</b>: range 4 times its tensor, 0 % clipped");
  assert.match(text, "first: range 1 times its tensor");
  assert.match(text, "difference of log2: 2");
  assert.match((await tipAt(page, charts.loss, 0, 0.02)).join("\n"), /<b>second<\/b>\nstep 0: mean loss 3/);
  await dragOver(page, charts.loss, 10, 20);
  for (const chart of Object.values(charts)) {
    const [from, to] = (await stepsOf(page, chart)) as [number, number];
    assert.ok(from >= 9 && to <= 22, `${from} to ${to} in ${chart}`);
  }
  assert.equal(complaints, []);
});

test("a link leads to the page of a run, the way back to the comparison; the list of runs goes to both", async () => {
  const { page, complaints } = await openReport([first, second]);
  const heading = (): Promise<string | null> => page.textContent("main h2");
  assert.is(await heading(), "Comparison");
  await page.click("#differences a >> text=<b>second</b>");
  await page.waitForSelector(chartOf("Fit of the ranges of <b>second</b>, by"));
  assert.is(
    await page.$eval(
      "header select[aria-label=Run]",
      (list) => (list as HTMLSelectElement).selectedOptions[0]!.text,
    ),
    "<b>second</b>",
  );
  await page.click("a[href='#site=conv1%2Fgradient']");
  await page.waitForFunction(() => location.hash === "#run=%3Cb%3Esecond%3C%2Fb%3E&site=conv1%2Fgradient");
  await page.goBack();
  await page.waitForFunction(() => location.hash === "#run=%3Cb%3Esecond%3C%2Fb%3E");
  await page.goBack();
  await page.waitForSelector("#differences");
  await page.selectOption("header select[aria-label=Run]", { label: "first" });
  await page.waitForSelector(chartOf("Fit of the ranges of first, by"));
  await page.reload();
  await page.waitForSelector(chartOf("Fit of the ranges of first, by"));
  await page.selectOption("header select[aria-label=Run]", { label: "all 2 runs" });
  await page.waitForSelector("#differences");
  assert.equal(complaints, []);
});

test("who turns to another page before a site is scrolled to is left where he is", async () => {
  for (const turn of ["address", "list"]) {
    const { page, complaints } = await openReport([first, second]);
    await page.evaluate(async (turn) => {
      const at = (hash: string): Promise<unknown> =>
        new Promise((resolve) => {
          addEventListener("hashchange", resolve, { once: true });
          location.hash = hash;
        });
      await at("#run=first");
      await at("#site=conv1%2Fgradient");
      if (turn === "address") {
        await at("");
        return;
      }
      const list = document.querySelector<HTMLSelectElement>("header select[aria-label=Run]")!;
      list.selectedIndex = [...list.options].findIndex(({ text }) => text === "all 2 runs");
      list.dispatchEvent(new Event("change", { bubbles: true }));
    }, turn);
    await page.waitForTimeout(500);
    assert.equal([turn, complaints, await page.evaluate(() => scrollY)], [turn, [], 0]);
  }
});

const scores = [0.9, 0.92, 0.8, 0.84];
const runs = scores.map((_, i) => madeUp({ name: `run ${i}`, steps: 10 }));
const study = (await studyOf(
  "a study",
  scores.map((score, i) => {
    const [bits, seed] = [i < 2 ? "8/8/8" : "4/4/4", 1 + (i % 2)];
    return {
      name: `run ${i}`,
      directory: `run ${i}`,
      state: "finished",
      identity: {
        ...{ from: "settings", files: [], numerics: 2, data: { train: 1, test: 1, sha256: "ab" } },
        settings: { ...defaults, bits, seed },
      },
      done: doneRun({ cell: 0, settings: {}, seed }, { score, moved: 2 ** 20 }).done,
    };
  }),
  { isStudy: true },
))!;

test("a study has its chart, its table with paired differences, and a link to each run, in light and in dark", async () => {
  const inks: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const { page, complaints, requests } = await openReport(runs, { colorScheme }, study);
    assert.is(await page.textContent("main h2"), "a study");
    const chart = chartOf("a study");
    assert.is(await page.locator(`${chart} circle:has(title)`).count(), 12, "4 seeds in 3 panels");
    const [head, , row] = await page.$$eval("#summary .wide table >> nth=0 >> tr", (all) =>
      all.map((tr) => [...tr.children].map(({ textContent }) => textContent)),
    );
    // Differences of -10 and -8 points: -9 in the mean, deviation sqrt(2), standard error 1.
    assert.is(row![head!.indexOf("vs. first")], "-9.00 ± 1.00");
    assert.is(await page.locator("#differences a").count(), 4);
    inks.push(await page.$eval(`${chart} circle:has(title)`, (circle) => getComputedStyle(circle).stroke));
    assert.equal([complaints, requests], [[], []]);
  }
  assert.is.not(inks[0], inks[1]);
});

run();
