import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { numerics } from "../../../core/numerics.ts";
import { encodeSealed } from "../../../pipelines/files/sealedJson.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { loadRun } from "../../../pipelines/runs/runDirectory.ts";
import { defaults } from "../../../pipelines/settings/settings.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { doneOf, eventsOf, small, stopsAfter } from "../runs.ts";

const test = suite("the record of a run that is done");
const home = scratch();
const whole = join(home, "whole");
const done = await doneOf(small, { out: whole });

test("it holds what the run is, where it comes from, and what it said at its end", () => {
  const { identity, provenance, recording, outline, ...rest } = doneRecordIn(whole)!;
  assert.equal(rest, { done });
  assert.equal([outline?.experiment, outline?.data, outline?.parameters], ["lenet5", "glyphs", 61_706]);
  assert.equal(identity.settings, { ...defaults, ...small });
  assert.equal([identity.data.train, identity.data.test, identity.files], [160, 40, []]);
  assert.is(identity.numerics, numerics);
  assert.equal([provenance.version, provenance.host], ["0.1.0", hostname()]);
  assert.ok(Math.abs(Date.parse(provenance.date) - Date.now()) < 60_000);
  const { sha256: _, ...counts } = recording;
  assert.equal(counts, { rows: 15 * 20, sites: 15, steps: 20 });
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

test("it names no place, so that a directory that was moved or copied says where it is now", () => {
  const moved = join(home, "moved");
  cpSync(whole, moved, { recursive: true });
  assert.not.match(readFileSync(join(moved, "done.json"), "utf8"), whole);
  assert.equal(doneRecordIn(moved)?.done, { ...done, out: moved });
});

test("what is no record, not a whole one, or was changed by hand is refused", () => {
  const text = readFileSync(join(whole, "done.json"), "utf8");
  const refused = (changed: string): void => {
    writeFileSync(join(home, "done.json"), changed);
    assert.match(
      sentenceOf(() => doneRecordIn(home)),
      /done\.json: .*, expected .*; restore it from a backup, or remove it and resume the run/,
    );
  };
  for (const other of ["", "{", "[]", text.slice(0, 100), text.replace('"sha256"', '"sha"')]) refused(other);
  refused(text.replace(/"score": [\d.]+/, '"score": 0.99'));
  refused(text.replace(/"seed": 1/, '"seed": 2'));
  refused(encodeSealed({ settings: {}, done: { event: "done" } }));
  writeFileSync(join(home, "done.json"), JSON.stringify(JSON.parse(text)));
  const laidOut = doneRecordIn(home)!;
  const same = { ...laidOut, done: { ...laidOut.done, out: whole } };
  assert.equal(same, doneRecordIn(whole), "another layout says the same");
  assert.is(doneRecordIn(join(home, "nowhere")), undefined);
});

test("a record that was lost is written again when the run is resumed, and says the same", async () => {
  const before = doneRecordIn(whole)!;
  rmSync(join(whole, "done.json"));
  await doneOf({}, { out: whole, resume: true });
  const { done: after, ...rest } = doneRecordIn(whole)!;
  assert.equal([rest.identity, rest.recording], [before.identity, before.recording]);
  const times = { seconds: 0, imagesPerSecond: 0 };
  assert.equal({ ...after, ...times }, { ...before.done, ...times });
  assert.equal(readdirSync(join(whole, "ranges")), ["000000.arrows", "000000.sums"]);
});

test.run();
