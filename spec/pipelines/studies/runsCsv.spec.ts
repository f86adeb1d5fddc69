import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { failedRunsIn, runsCsvIn } from "../../../pipelines/studies/runsCsv.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small } from "../runs.ts";

const test = suite("runs.csv");

test("runs that have failed stay in the file until they are tried again, whatever their messages are", async () => {
  const out = scratch();
  await eventsOf({ ...small, epochs: 1 }, { out: join(out, "ended") });
  const { identity, done } = doneRecordIn(join(out, "ended"))!;
  const failed = (run: string, message: string): void =>
    runsCsvIn(out).add(
      { event: "run", run, cell: 0, settings: {}, seed: 1, status: "failed", message },
      identity,
    );
  failed("first", 'no room, "1 %\r2 %"');
  failed("second", "no luck");
  const both = new Map([
    ["first", 'no room, "1 %\r2 %"'],
    ["second", "no luck"],
  ]);
  assert.equal(failedRunsIn(out), both);
  // Another process opens the file.
  const csv = runsCsvIn(out);
  assert.equal(failedRunsIn(out), both);
  const run = { event: "run", run: "first", cell: 0, settings: {}, seed: 1 } as const;
  csv.add({ ...run, status: "done", before: false, done }, identity);
  assert.equal([...failedRunsIn(out).keys()], ["second"]);
  const [, ...rows] = readFileSync(join(out, "runs.csv"), "utf8").trimEnd().split("\n");
  assert.equal(
    rows.map((row) => row.split(",").slice(0, 2)),
    [
      ["ended", "done"],
      ["first", "done"],
      ["second", "failed"],
    ],
  );
  writeFileSync(join(out, "runs.csv"), 'run,status\nsecond,"failed');
  assert.throws(() => failedRunsIn(out), /runs\.csv: a misplaced quote/);
  runsCsvIn(out);
  assert.is(failedRunsIn(out).size, 0);
});

test.run();
