/**
 * @file Pages of studies: their tables and charts are what their own command writes of the records that are kept in docs/studies. Data that
 * lie in files are asked for in ../shared/data; without them a page that names some is left out. Of a page whose records were lost, those of
 * the runs that have been trained again are held against what it has printed.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import type { Identity } from "../../../pipelines/runs/identity.ts";
import { markdownTable } from "../../../pipelines/text/table.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, runNamesIn } from "../runs.ts";

const test = suite("pages of studies");
const home = scratch();
const kept = "docs/studies";

/** Data that commands on pages call DIR. */
const dataOf: Readonly<Record<string, string>> = {
  "direct-quantization": "../shared/data/cifar10",
  "lbt-tasks": "../shared/data/cifar10",
  "sat-on-mobilenet": "../shared/data/cifar10",
};

/** Pages that tell of more runs than there are records. */
const printed: readonly string[] = ["in-hindsight-table"];

/** Number of a printed share, in percent. */
const percentIn = (text: string): number => Number(text.replace(/ %$/, ""));

/** Mean, least and greatest score that a page has printed of the cell of a run, and of how many seeds. */
const printedOf = (page: string, { settings }: Identity) => {
  const { model, bits, activationRange, gradientRange, recipe } = settings;
  const [activation, gradient] =
    bits === "8/8/8" ? [activationRange, gradientRange] : ["-", bits === "32/32/32" ? "-" : gradientRange];
  const start = `| ${model} | ${bits} | ${activation} | ${gradient} | ${recipe} | `;
  const row = page.split("\n").find((line) => line.startsWith(start) && line.includes(".."));
  if (row === undefined) return undefined;
  const [seeds, test, ends] = row.slice(start.length).split(" | ") as [string, string, string];
  const [min, max] = ends.split("..").map(percentIn) as [number, number];
  return { seeds: Number(seeds), mean: percentIn(test.split(" ")[0]!), min, max };
};

/** Arguments of the command that a page says its tables are written by. */
const commandIn = (page: string): readonly string[] => {
  const [, line] = /^npx rangeflow (compare .*)$/m.exec(page) ?? [];
  return (line ?? "").split(" ").map((part) => part.replace(/^'(.*)'$/, "$1"));
};

for (const name of readdirSync(kept)) {
  const study = join(kept, name);
  const source = readFileSync(`docs/${name}.md`, "utf8");
  const runs = runNamesIn(study);
  const data = dataOf[name];

  test(`${name}: each record is whole, its faults are told, and it names no place of the machine that wrote it`, () => {
    assert.ok(runs.length > 0);
    for (const run of runs) {
      assert.equal(readdirSync(join(study, run)), ["done.json"]);
      const faults = doneRecordIn(join(study, run))?.done.faults ?? Number.NaN;
      assert.ok(faults === 0 || source.includes(faults.toLocaleString("en-US")), `${run}: ${faults} faults`);
      assert.not.match(readFileSync(join(study, run, "done.json"), "utf8"), /"(out|dataDir)": "\//);
    }
  });

  if (printed.includes(name)) {
    test(`${name}: runs that were trained again have the scores that were printed of three seeds`, () => {
      let held = 0;
      for (const run of runs) {
        const { identity, done } = doneRecordIn(join(study, run))!;
        const cell = printedOf(source, identity);
        if (cell?.seeds !== 3) continue;
        held++;
        const score = Math.round(1e4 * done.score) / 100;
        // Of three seeds the mean leaves one score between the least and the greatest, to 0.015 points.
        const middle = 3 * cell.mean - cell.min - cell.max;
        const near = [cell.min, middle, cell.max].filter((one) => Math.abs(one - score) < 0.02);
        assert.ok(near.length > 0, `${run}: ${score}, not ${cell.min}, ${middle.toFixed(2)} or ${cell.max}`);
      }
      assert.ok(held >= 8, `${held} runs`);
    });
    continue;
  }

  test(`${name}: a report of the records has the tables of the page`, async () => {
    const { study: told } = await readReport([study], readRunView);
    const [scores, ...others] = told!.tables;
    assert.ok(source.includes(markdownTable(scores!)), markdownTable(scores!));
    const together = others.find(({ title }) => title === "Taken together");
    assert.is(together !== undefined, source.includes("| together |"));
    if (together) assert.ok(source.includes(markdownTable(together)), markdownTable(together));
  });

  if (data === undefined || existsSync(data))
    test(`${name}: its command writes the page and its chart again, of all records`, async () => {
      const [page, chart] = [`${name}.md`, `${name}.svg`].map((file) => join(home, file)) as [string, string];
      copyFileSync(`docs/${name}.md`, page);
      const asked = commandIn(source).map((part) => (part === "DIR" && data ? data : part));
      const files = ["--markdown", page, "--chart", chart];
      const { code, err } = await answerTo([...asked, "--out", study, "--only-finished", ...files]);
      assert.is(code, 0, err);
      assert.is(readFileSync(page, "utf8"), source);
      assert.is(readFileSync(chart, "utf8"), readFileSync(`docs/${name}.svg`, "utf8"));
      const { out } = await answerTo([...asked, "--out", study, "--only-finished", "--json"]);
      const lines = out.trimEnd().split("\n");
      assert.is(lines.filter((line) => line.startsWith('{"event":"run"')).length, runs.length);
    });
}

test.run();
