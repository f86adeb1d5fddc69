/** @file The page as a whole, in a browser: its parts, its header, its widths, light, dark and on paper. */
import * as assert from "uvu/assert";
import { browserSuite } from "../../support/browser.ts";
import { madeUp } from "../../support/runViews.ts";

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
    ["moved", "900 kB", "by quantizing"],
    ["saved", "480 kB", "35 %, by static ranges"],
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
  const facts = await page.$$eval("#summary .facts div", (all) => all.map(({ textContent }) => textContent));
  assert.equal(facts, ["<i>model</i>lenet5", "dataabababababab…"]);
  assert.is(await page.getAttribute("#summary .facts dd[title]", "title"), sha);
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

run();
