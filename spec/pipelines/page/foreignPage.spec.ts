/** @file The page of a recording that somebody else has made, in a browser. */
import { join } from "node:path";
import * as assert from "uvu/assert";
import { withCounterfactuals } from "../../../pipelines/report/counterfactuals.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { byOwnName } from "../../../quantizers/quantizer.ts";
import { browserSuite } from "../../support/browser.ts";
import { foreignColumns, recordForeign } from "../files/foreignRows.ts";
import { scratch } from "../files/scratch.ts";

const { test, openReport, run } = browserSuite("page/foreignPage");

const dir = join(scratch(), "theirs");
recordForeign(
  dir,
  foreignColumns([1, 2, 4].map((max, step) => ({ step, site: "fc/gradient", min: -max, max, error: 0.1 }))),
);
const view = readRunView(dir, "theirs");

test("it says that it was imported, draws tensors and answers, and leaves out what nobody knows", async () => {
  const shown = await withCounterfactuals(view, recordingOf(dir).rows, [byOwnName(inHindsight())]);
  const { page, complaints, requests } = await openReport([shown]);
  assert.is(await page.textContent("header .state"), "imported");
  assert.equal(await page.$$eval("nav a", (links) => links.map(({ textContent }) => textContent)), [
    "Summary",
    "Fit map",
    "Site",
  ]);
  const text = (await page.textContent("main")) ?? "";
  assert.match(text, /What inHindsight would have answered\./);
  assert.match(text, / to /);
  assert.not.match(text, /NaN|undefined|run's own|0 bits|Nothing was clipped|--histogram-every/);
  assert.equal([complaints, requests], [[], []]);
});

test("without any estimator it shows the tensors alone", async () => {
  const { page, complaints } = await openReport([view]);
  assert.match((await page.textContent("main")) ?? "", /No estimator was replayed: there are no ranges\./);
  assert.is((await page.$$('svg[aria-label^="Observed values"]')).length, 1);
  assert.equal(complaints, []);
});

run();
