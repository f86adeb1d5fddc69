/** @file The page as a whole, in a browser: its parts, its header, its widths, light, dark and on paper. */
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { palette } from "../../../pipelines/charts/palette.ts";
import { browserSuite } from "../../support/browser.ts";
import { type MadeUp, madeUp } from "../../support/runViews.ts";

const { test, openReport, run } = browserSuite("page/page");

test("the header says run, state and score, and links to every part; nothing is asked for, no one complains", async () => {
  const { page, complaints, requests } = await openReport([madeUp({ name: "runs/<b>one</b>" })]);
  assert.is(await page.textContent("h1"), "runs/<b>one</b>");
  assert.is(await page.textContent("header .state"), "not finished");
  assert.is(await page.textContent("header .score"), "test accuracy 80.00 % after epoch 3");
  const links = await page.$$eval("nav a", (all) => all.map((a) => a.getAttribute("href")));
  const parts = await page.$$eval("main > section", (all) => all.map(({ id }) => `#${id}`));
  assert.equal(links, parts);
  assert.equal([complaints, requests], [[], []]);
});

test("the summary has the numbers of the run, warnings that link to their charts, and what was run", async () => {
  const row = (site: string, step: number) => ({
    isStatic: site !== "conv1/weight",
    bytesSaved: site === "conv1/weight" ? 0 : 4000,
    clipped: site === "conv1/input" && step < 20 ? 100 : 0,
  });
  const sha = "ab".repeat(32);
  const { page, complaints } = await openReport([
    madeUp({
      row,
      change: {
        facts: [
          ["<i>model</i>", "lenet5"],
          ["data", sha],
        ],
        missing: ["a < b"],
      },
    }),
  ]);
  const figures = await page.$$eval("#summary .figures > div", (all) =>
    all.map((one) => [...one.children].map(({ textContent }) => textContent)),
  );
  // 180 tensors of 1000 elements and 5000 bytes; 20 lose 100 elements, 120 are static.
  assert.equal(figures, [
    ["test accuracy", "80.00 %", "after epoch 3"],
    ["training loss", "0.6667", "test 0.8333"],
    ["steps", "60", "3 epochs"],
    ["samples/s", "1000", ""],
    ["sites", "3", "2 static, 1 dynamic"],
    ["clipped", "1.1 %", "of all elements"],
    ["moved", "878.9 KB", "by quantizing"],
    ["saved", "468.8 KB", "35 %, by static ranges"],
    ["faults", "0", "tensors not observed"],
  ]);
  const warnings = await page.$$eval("#summary .warnings li", (all) =>
    all.map((one) => [one.textContent, one.querySelector("a")?.getAttribute("href")]),
  );
  assert.equal(warnings, [
    ["a < b", undefined],
    [
      "conv1/input was clipped in 100 % of the steps of epoch 1: 10 % of its elements, up to 10 % of a tensor.",
      "#site=conv1%2Finput",
    ],
  ]);
  const factsIn = (selector: string) =>
    page.$$eval(`${selector} > .facts div`, (all) => all.map(({ textContent }) => textContent));
  assert.equal(await factsIn("#summary .side-by-side > div"), ["<i>model</i>lenet5"]);
  assert.equal(await factsIn("#summary details"), [`data${sha}`]);
  assert.equal(complaints, []);
});

test("one column where it is narrow, two where it is wide; charts take the width that they have, also when it changes", async () => {
  const { page } = await openReport([madeUp()], { viewport: { width: 700, height: 900 } });
  const widths = () =>
    page.$$eval("main > section svg[viewBox]", (all) =>
      all
        .filter((svg) => svg.clientWidth > 100)
        .map((svg) => [svg.clientWidth, svg.closest("section")!.clientWidth] as const),
    );
  const columns = async () =>
    new Set(await page.$$eval("main > section", (all) => all.map((one) => one.getBoundingClientRect().left)))
      .size;
  const fills = async (): Promise<void> => {
    // Charts are drawn once the browser has told of their width.
    const areDrawn = (all: Awaited<ReturnType<typeof widths>>): boolean =>
      all.length > 2 && all.some(([chart, part]) => chart === part);
    for (let turn = 0; turn < 50 && !areDrawn(await widths()); turn++) await page.waitForTimeout(100);
    const found = await widths();
    assert.ok(found.length > 2);
    for (const [chart, part] of found) assert.ok(chart <= part && chart > part / 3, `${chart} of ${part}`);
    assert.ok(found.some(([chart, part]) => chart === part));
  };
  await fills();
  assert.is(await columns(), 1);
  await page.setViewportSize({ width: 1600, height: 900 });
  await page.waitForTimeout(300);
  await fills();
  assert.is(await columns(), 2);
});

test("a choice of an axis is kept while charts are drawn anew", async () => {
  const { page, complaints } = await openReport([madeUp()]);
  await page.check("#learning input[value=log]");
  assert.ok(await page.isChecked("#learning input[value=log]"));
  await page.setViewportSize({ width: 900, height: 900 });
  await page.waitForTimeout(300);
  assert.ok(await page.isChecked("#learning input[value=log]"));
  assert.equal(complaints, []);
});

test("the axis of losses that differ a thousand times begins logarithmic", async () => {
  const axisOf = async (greatest: number) => {
    const { page } = await openReport([madeUp({ loss: (step) => (step === 0 ? greatest : 1) })]);
    return page.inputValue("#learning input:checked");
  };
  assert.equal([await axisOf(900), await axisOf(1100)], ["linear", "log"]);
});

test("steps are chosen by epoch in the header, with keys, too; all charts show them, and the list says so", async () => {
  const { page, complaints } = await openReport([madeUp()]);
  const picker = page.getByLabel("Steps that charts show");
  const domains = () =>
    page.$$eval("#learning figure, #fit svg[aria-label]", (all) =>
      all.map((one) => [
        ...(one as unknown as { scale: (name: string) => { domain: Iterable<number> } }).scale("x").domain,
      ]),
    );
  await picker.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  for (const domain of await domains()) assert.equal(domain, [20, 40]);
  assert.is(await picker.evaluate((one: HTMLSelectElement) => one.value), "epoch 2");
  await picker.selectOption("all 60 steps");
  for (const domain of await domains()) assert.equal(domain, [0, 60]);
  assert.equal(complaints, []);
});

test("500 sites with markup in their names are drawn in time, and no name becomes an element", async () => {
  const sites = Array.from(
    { length: 500 },
    (_, i) =>
      `layer${Math.floor(i / 3)}/<img src=x onerror=alert(1)>/${["input", "weight", "gradient"][i % 3]}`,
  );
  const row = (site: string) => (site.startsWith("layer7/") ? { observed: false } : {});
  const { page, complaints, requests } = await openReport([madeUp({ sites, steps: 40, row })]);
  assert.is(await page.locator("main img, header img").count(), 0);
  assert.match(
    (await page.textContent("#summary .warnings"))!,
    /layer7\/<img src=x onerror=alert\(1\)>\/\w+ had 40 of 40/,
  );
  assert.ok((await page.locator("#fit g[aria-label=rect] rect").count()) >= 500 * 8);
  assert.equal([complaints, requests], [[], []]);
});

test("a run without sites, epochs or steps says what there is none of", async () => {
  const told = async (run: MadeUp): Promise<string> => {
    const { page, complaints } = await openReport([madeUp({ ...run, sites: [], epochs: 0 })]);
    assert.equal(complaints, []);
    return (await page.textContent("main"))!;
  };
  const some = await told({});
  for (const sentence of [/No epoch is done yet/, /no ranges/, /nothing was moved/, /recorded no site/])
    assert.match(some, sentence);
  assert.match(await told({ steps: 0 }), /tell nothing of its losses/);
});

test("light and dark are designed both, and paper is light: text has contrast, and colours of marks differ from the paper", async () => {
  const colours = async (page: Page) =>
    page.evaluate(() => {
      const painted = (colour: string): number[] => {
        const context = document.createElement("canvas").getContext("2d")!;
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const light = (colour: string): number => {
        const [r, g, b] = painted(colour).map((x) =>
          x <= 10 ? x / 3295 : ((x / 255 + 0.055) / 1.055) ** 2.4,
        );
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      };
      const paper = light(getComputedStyle(document.body).backgroundColor);
      const contrast = (colour: string): number => {
        const [a, b] = [light(colour), paper].sort((x, y) => y - x);
        return (a! + 0.05) / (b! + 0.05);
      };
      const texts = [
        ...document.querySelectorAll("main p, main h2, main h3, dt, dd, main a, summary, legend, main text"),
      ]
        .filter((one) => one.checkVisibility() && one.textContent?.trim())
        .map((one) => {
          const style = getComputedStyle(one);
          return contrast(one instanceof SVGElement ? style.fill : style.color);
        });
      const lines = [...document.querySelectorAll("#learning g[aria-label=line] path")].map((one) =>
        contrast(getComputedStyle(one).stroke),
      );
      return { paper, text: Math.min(...texts), line: Math.min(...lines) };
    });
  const row = (site: string) => (site.endsWith("input") ? { clipped: 100 } : {});
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await openReport([madeUp({ row })], { colorScheme });
    const { paper, text, line } = await colours(page);
    assert.ok(colorScheme === "light" ? paper > 0.9 : paper < 0.05, `paper ${paper}`);
    assert.ok(text >= 4.5, `${colorScheme}: text has a contrast of ${text}`);
    assert.ok(line >= 3, `${colorScheme}: lines have a contrast of ${line}`);
    await page.emulateMedia({ media: "print", colorScheme });
    assert.ok((await colours(page)).paper > 0.9, "paper is white");
    const ink = await page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue("--rf-ink"),
    );
    assert.is(ink.trim(), palette.ink.light, "charts are printed in the colours of light paper");
    const shown = (selector: string) =>
      page.$$eval(selector, (all) => all.filter((one) => one.checkVisibility()).length);
    assert.is(await shown("nav, .choice, details.numbers, select[aria-label^=Steps]"), 0);
    assert.is(await shown("main > section"), 5);
  }
});

run();
