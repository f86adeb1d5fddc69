/**
 * @file Pages of studies: their tables and charts are what their own command writes of the records that are kept in docs/studies. Data that
 * lie in files are asked for in ../shared/data; without them a page that names some is left out.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { markdownTable } from "../../../pipelines/report/table.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
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

  test(`${name}: each record is whole, and names no place of the machine that wrote it`, () => {
    assert.ok(runs.length > 0);
    for (const run of runs) {
      assert.equal(readdirSync(join(study, run)), ["done.json"]);
      assert.is(doneRecordIn(join(study, run))?.done.faults, 0);
      assert.not.match(readFileSync(join(study, run, "done.json"), "utf8"), /"(out|dataDir)": "\//);
    }
  });

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
