/** @file Pages of experiments from files and from code: what was run is there, on a page of one run and where kinds are compared. */
import { join } from "node:path";
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { browserSuite } from "../../support/browser.ts";
import { scratch } from "../files/scratch.ts";
import { trainOwn } from "../ownRuns.ts";

const { test, openReport, run } = browserSuite("page/ownExperiments");
const home = scratch();
await trainOwn(home);
const viewOf = (name: string) => readRunView(join(home, name), name);

/** Names and values in the list of what was run, without what is behind "Hashes and long values". */
const factsOn = async (page: Page): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await page.$$eval("#summary .side-by-side > div > .facts div", (all) =>
      all.map((one) => [one.querySelector("dt")!.textContent, one.querySelector("dd")!.textContent]),
    ),
  );

for (const [name, origin] of [
  ["file", "a file"],
  ["code", "code"],
] as const)
  test(`the page of an experiment from ${origin} says how it quantizes and trains`, async () => {
    const { page, complaints } = await openReport([viewOf(name)]);
    const facts = await factsOn(page);
    const { bits, batch, seed, optimizer, schedule, data, layers } = facts;
    assert.equal(
      { bits, batch, seed, optimizer, schedule, data, layers },
      {
        ...{ bits: "4/8/8", batch: "16", seed: "1", data: "glyphs", layers: "3" },
        ...{ optimizer: "sgd:momentum=0.9,weightDecay=0.0001", schedule: "cosine:rate=0.02" },
      },
    );
    assert.equal(
      [facts["first bits"], facts["bits at"], facts["gradient range"], facts["learning rate"]],
      ["4/8/32", "two/weight=6", "inHindsight:decay=0.8", "0.02"],
    );
    assert.equal(complaints, []);
  });

test("beside a built-in experiment, both have a value in each row on network, data and training", async () => {
  const { page, complaints } = await openReport(["builtIn", "file", "code"].map(viewOf));
  const rows = await page.$$eval("#differences tr", (all) =>
    all.map((row) => [...row.children].map(({ textContent }) => textContent ?? "")),
  );
  const rowOf = (name: string): readonly string[] => {
    const [, first, second, , third] = rows.find(([head]) => head === name)!;
    return [first!, second!, third!];
  };
  assert.equal(rowOf("bits"), ["8/8/8", "4/8/8", "4/8/8"]);
  assert.equal(rowOf("parameters"), ["61706", "6442", "6442"]);
  assert.equal(rowOf("gradient range"), ["inHindsight", "inHindsight:decay=0.8", "inHindsight:decay=0.8"]);
  for (const same of ["batch", "optimizer", "schedule", "rules", "layers in order", "data sha256"])
    assert.not.ok(
      rows.some(([head]) => head === same),
      same,
    );
  assert.equal(complaints, []);
});

run();
