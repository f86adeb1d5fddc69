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

test("a run that is tried again has not failed as long as nothing says so", async () => {
  const out = scratch();
  writeFileSync(join(out, "runs.csv"), "run,status,message\nfirst,failed,boom\nsecond,failed,no luck\n");
  runsCsvIn(out).begin("first");
  assert.equal([...failedRunsIn(out).keys()], ["second"]);
});

test("options of a user's file that are called as columns of every row have columns of their own", async () => {
  const out = scratch();
  await eventsOf({ ...small, epochs: 1 }, { out: join(out, "ended") });
  const { identity } = doneRecordIn(join(out, "ended"))!;
  const options = { status: 4, run: "mine", seconds: 8, width: 2 };
  const own = { ...identity, from: "file", settings: { ...options, seed: 1 } } as const;
  const run = { event: "run", run: "first", cell: 0, settings: {}, seed: 1 } as const;
  runsCsvIn(out).add({ ...run, status: "failed", message: "boom" }, own);
  assert.equal(failedRunsIn(out), new Map([["first", "boom"]]));
  const [head = "", , first = ""] = readFileSync(join(out, "runs.csv"), "utf8").split("\n");
  const row = new Map(head.split(",").map((name, i) => [name, first.split(",")[i]]));
  assert.equal(
    ["run", "status", "option status", "option run", "option seconds", "width"].map((name) => row.get(name)),
    ["first", "failed", "4", "mine", "8", "2"],
  );
});

test.run();
