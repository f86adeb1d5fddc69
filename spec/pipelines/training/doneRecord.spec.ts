import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { numerics } from "../../../core/numerics.ts";
import { defaults } from "../../../pipelines/settings/settings.ts";
import { doneRecordIn } from "../../../pipelines/training/doneRecord.ts";
import { loadRun } from "../../../pipelines/training/runDirectory.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, eventsOf, small, stopsAfter } from "../runs.ts";

const test = suite("the record of a run that is done");
const home = scratch();
const whole = join(home, "whole");
const done = await doneOf(small, { out: whole });

test("it holds what the run is, where it comes from, and what it said at its end", () => {
  const { identity, provenance, ...rest } = doneRecordIn(whole)!;
  assert.equal(rest, { done });
  assert.equal(identity.settings, { ...defaults, ...small });
  assert.equal([identity.data.train, identity.data.test, identity.files, identity.given], [160, 40, [], {}]);
  assert.is(identity.numerics, numerics);
  assert.equal([provenance.version, provenance.host], ["0.1.0", hostname()]);
  assert.ok(Math.abs(Date.parse(provenance.date) - Date.now()) < 60_000);
});

test("a run that was stopped has none before it has gone on to its end; its seconds are those of all of it", async () => {
  const out = join(home, "stopped");
  await eventsOf(small, { out, ...stopsAfter(25) });
  assert.is(doneRecordIn(out), undefined);
  const before = loadRun(out).progress.seconds;
  assert.ok(before > 0);
  const resumed = await doneOf({}, { out, resume: true });
  assert.ok(resumed.seconds > before, `${resumed.seconds} s, ${before} s before`);
  assert.equal(doneRecordIn(out)?.done, resumed);
});

test("what is no record, or not a whole one, counts as none", () => {
  for (const text of ["", "{", "[]", '{"settings":{},"done":{"event":"done"}}', '{"settings":{"lr":0}}']) {
    writeFileSync(join(home, "done.json"), text);
    assert.is(doneRecordIn(home), undefined);
  }
  assert.is(doneRecordIn(join(home, "nowhere")), undefined);
});

test.run();
