/** @file Event files for TensorBoard: records with right checksums, whose values are those that the run has logged and recorded. */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ExportedEvents } from "../../../pipelines/exports/exportRunEvents.ts";
import { exportTensorBoard } from "../../../pipelines/exports/exportTensorBoard.ts";
import { eachEvent } from "../../../pipelines/imports/eachEvent.ts";
import { type EventValue, summaryEvent } from "../../../pipelines/imports/summaryEvent.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { readLearningLog } from "../../../pipelines/runs/learningLog.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { python, scratch, sentenceOf } from "../files/scratch.ts";
import { importedFiles, shortly } from "../imports/imported.ts";
import { doneOf, small, stoppedAfter } from "../runs.ts";

const test = suite("export to TensorBoard");
const home = scratch();
const whole = join(home, "whole");
await doneOf({ ...small, histogramEvery: 5, sqnrEvery: 10 }, { out: whole });

/** The event file of the one run in a directory. */
const exported = (...given: Parameters<typeof exportTensorBoard>): ExportedEvents => {
  const { runs, withoutSteps } = exportTensorBoard(...given);
  assert.equal([runs.length, withoutSteps], [1, []]);
  return runs[0] as ExportedEvents;
};

const written = exported(whole, join(home, "logs", "whole"));

type Point = readonly [step: number, value: number];

/** Values of an event file by tag, as the importer reads them. */
const valuesIn = async (
  file: string,
): Promise<ReadonlyMap<string, readonly (readonly [number, EventValue])[]>> => {
  const found = new Map<string, (readonly [number, EventValue])[]>();
  const isWhole = await eachEvent(file, summaryEvent, ({ step, values }) => {
    for (const value of values)
      found.set(value.tag, [...(found.get(value.tag) ?? []), [step, value] as const]);
  });
  assert.ok(isWhole);
  return found;
};

const values = await valuesIn(written.file);

/** The scalars of a tag. */
const pointsOf = (tag: string): readonly Point[] =>
  (values.get(tag) ?? []).map(([step, { scalar }]) => [step, scalar as number]);

const rounded = (points: readonly Point[]): readonly Point[] =>
  points.map(([step, value]) => [step, Math.fround(value)]);

test("it says what it has written", () => {
  const { run, file, bytes, ...counts } = written;
  assert.is(run, whole);
  // Of 15 sites five scalars at each of 20 steps, and SQNR at two; two of each step, and four at each of two ends of an epoch.
  const scalars = 15 * (5 * 20 + 2) + 2 * 20 + 3 * 2;
  assert.equal(counts, { lastStep: 20, sites: 15, scalars, histograms: 15 * 4, hparams: 18 });
  assert.is(bytes, readFileSync(file).length);
  assert.equal(readdirSync(join(home, "logs", "whole")), [basename(file)]);
});

test("ranges, tensors and clipping of every site come back as they were recorded, in float32", () => {
  const expected = new Map<string, Point[]>();
  const expect = (tag: string, step: number, value: number): void => {
    expected.set(tag, [...(expected.get(tag) ?? []), [step, value]]);
  };
  for (const { site, step, stat, range, clipped } of recordingOf(whole).rows()) {
    expect(`range/${site}/lo`, step, range.lo);
    expect(`range/${site}/hi`, step, range.hi);
    expect(`tensor/${site}/min`, step, stat.min);
    expect(`tensor/${site}/max`, step, stat.max);
    expect(`clipped/${site}`, step, clipped / stat.count);
  }
  assert.is(expected.size, 15 * 5);
  for (const [tag, points] of expected) assert.equal(pointsOf(tag), rounded(points), tag);
});

test("losses, learning rates, scores and signal-to-noise ratios are those of the log, an epoch at the steps so far", () => {
  const log = readLearningLog(whole);
  const points = (of: (line: (typeof log)[number]) => readonly Point[]): readonly Point[] =>
    rounded(log.flatMap(of));
  const steps = (name: "loss" | "learningRate"): readonly Point[] =>
    points((line) => (line.event === "step" ? [[line.step, line[name]]] : []));
  const epochs = (name: "testLoss" | "trainScore" | "testScore"): readonly Point[] =>
    points((line) => (line.event === "epoch" ? [[line.steps, line[name] as number]] : []));
  assert.equal(pointsOf("loss/train"), steps("loss"));
  assert.equal(pointsOf("learning_rate"), steps("learningRate"));
  assert.equal(pointsOf("loss/test"), epochs("testLoss"));
  assert.equal(pointsOf("accuracy/train"), epochs("trainScore"));
  assert.equal(pointsOf("accuracy/test"), epochs("testScore"));
  assert.equal(
    pointsOf("accuracy/test").map(([step]) => step),
    [10, 20],
  );
  const ratios = points((line) =>
    line.event === "sqnr" && line.site === "conv2/gradient" ? [[line.step, line.sqnr]] : [],
  );
  assert.equal([pointsOf("sqnr/conv2/gradient"), ratios.length], [ratios, 2]);
});

test("the importer takes it: min and max to the bit, and histograms that hold all elements", async () => {
  const { rows, summary } = await importedFiles([join(home, "logs", "whole")]);
  const own = [...recordingOf(whole).rows()];
  const of = (prefix: string) =>
    rows
      .filter(({ site }) => site.startsWith(prefix))
      .map((row) => shortly({ ...row, site: row.site.slice(prefix.length) }).join(" "))
      .sort();
  const recorded = (some: typeof own) => some.map((row) => shortly(row).join(" ")).sort();
  assert.equal(of("tensor/"), recorded(own));
  const withHistograms = own.filter(({ histogram }) => histogram !== undefined);
  assert.equal(of("histogram/"), recorded(withHistograms));
  assert.is(summary.histograms, withHistograms.length);
  const counts = new Map(own.map(({ site, stat }) => [`histogram/${site}`, stat.count]));
  for (const { site, histogram } of rows)
    if (histogram)
      assert.is(
        histogram.counts?.reduce((sum, one) => sum + one, 0),
        counts.get(site),
        site,
      );
});

/** CRC-32C as the polynomial defines it, bit by bit, masked as records have it. */
const maskedCrc = (bytes: Uint8Array): number => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  const sum = ~crc >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
};

test("records have their lengths and masked checksums, and the first states the version", () => {
  const bytes = readFileSync(written.file);
  // Every event file of TensorFlow begins with these: a record of 24 bytes.
  assert.is(bytes.subarray(0, 12).toString("hex"), "1800000000000000a37f4b22");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const begun = Date.parse((doneRecordIn(whole) as { provenance: { date: string } }).provenance.date) / 1000;
  assert.is(view.getFloat64(13, true), begun);
  assert.is(bytes.subarray(23, 36).toString(), "brain.Event:2");
  let [at, last] = [0, 0];
  while (at < bytes.length) {
    const length = Number(view.getBigUint64(at, true));
    assert.is(maskedCrc(bytes.subarray(at, at + 8)), view.getUint32(at + 8, true));
    const record = bytes.subarray(at + 12, at + 12 + length);
    assert.is(maskedCrc(record), view.getUint32(at + 12 + length, true));
    // Field 1, a double: the wall time.
    assert.is(record[0], 9);
    const time = view.getFloat64(at + 13, true);
    assert.ok(time >= last, `${time} after ${last}`);
    [at, last] = [at + 12 + length + 4, time];
  }
  const { seconds } = (doneRecordIn(whole) as { done: { seconds: number } }).done;
  assert.ok(Math.abs(last - begun - seconds) < 0.1, `${last - begun} of ${seconds}`);
  const { runId } = recordingOf(whole);
  assert.is(basename(written.file), `events.out.tfevents.${Math.floor(begun)}.${runId}.rangeflow.v2`);
});

test("the same run gives the same bytes, in place of an earlier export", () => {
  const before = readFileSync(written.file);
  const again = exported(join(whole, "ranges"), join(home, "logs", "whole"));
  assert.equal(again, written);
  assert.equal(readFileSync(again.file), before);
  assert.equal(readdirSync(join(home, "logs", "whole")), [basename(again.file)]);
});

test("a pattern leaves out what other sites have", async () => {
  const { file, sites, scalars } = exported(whole, join(home, "logs", "some"), { site: "conv1/*" });
  const tags = [...(await valuesIn(file)).keys()];
  assert.is(sites, 3);
  assert.is(scalars, 3 * (5 * 20 + 2) + 2 * 20 + 3 * 2);
  assert.equal(
    tags.filter((tag) => /conv2|dense/.test(tag)),
    [],
  );
  assert.ok(tags.includes("accuracy/test"));
});

test("a run that was stopped has the steps so far; without its checkpoint only the times are unknown", async () => {
  const stopped = join(home, "stopped");
  await stoppedAfter(6, stopped);
  const { lastStep, sites, scalars } = exported(stopped, join(home, "logs", "stopped"));
  assert.equal([lastStep, sites, scalars], [5, 15, 15 * 5 * 6 + 2 * 6]);
  rmSync(join(stopped, "checkpoint.safetensors"));
  const timeless = exported(stopped, join(home, "logs", "timeless"));
  assert.match(basename(timeless.file), /^events\.out\.tfevents\.0000000000\.[0-9a-f]+\.rangeflow\.v2$/);
  assert.is(timeless.scalars, scalars);
});

test("of files that are being written, what is whole counts", async () => {
  const growing = join(home, "growing");
  await stoppedAfter(6, growing);
  truncateSync(join(growing, "events.jsonl"), readFileSync(join(growing, "events.jsonl")).length - 9);
  const { scalars } = exported(growing, join(home, "logs", "growing"));
  assert.is(scalars, 15 * 5 * 6 + 2 * 5);
});

test("an imported recording has what is known of its tensors, and nothing that it was quantized with", async () => {
  const cnn = "examples/recordings/cnn";
  const { file, sites } = exported(cnn, join(home, "logs", "cnn"));
  const kinds = new Set([...(await valuesIn(file)).keys()].map((tag) => tag.split("/")[0]));
  assert.equal([sites, [...kinds].sort()], [12, ["histogram", "tensor"]]);
});

test("damage leaves an earlier export as it was", () => {
  const damaged = join(home, "damaged");
  cpSync(whole, damaged, { recursive: true });
  const out = join(home, "logs", "damaged");
  const { file } = exported(damaged, out);
  const before = readFileSync(file);
  truncateSync(join(damaged, "ranges", "000000.arrows"), 30_000);
  assert.match(
    sentenceOf(() => exported(damaged, out)),
    /ranges: 0 rows of 0 sites over 0 steps, expected the 300 rows of 15 sites/,
  );
  assert.equal([readdirSync(out), readFileSync(file)], [[basename(file)], before]);
});

test("a run that began in the same second does not take the place of another one", async () => {
  const out = join(home, "logs", "same-second");
  const runs = [1, 2].map((seed) => join(home, `seed-${seed}`));
  for (const [i, dir] of runs.entries()) {
    await stoppedAfter(2, dir, { ...small, seed: i + 1 });
    rmSync(join(dir, "checkpoint.safetensors"));
  }
  const { file } = exported(runs[0]!, out);
  const before = readFileSync(file);
  assert.match(
    sentenceOf(() => exported(runs[1]!, out)),
    /event files of another run/,
  );
  assert.equal([readdirSync(out), readFileSync(file)], [[basename(file)], before]);
});

test("lines of the log that no run writes are skipped", () => {
  const changed = join(home, "changed");
  cpSync(whole, changed, { recursive: true });
  const log = join(changed, "events.jsonl");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  const epoch = JSON.parse(lines.find((line) => line.includes('"epoch"'))!);
  const odd = [
    ...[5, [null], [{ name: 5 }]].map((metrics) => ({ ...epoch, metrics })),
    ...[-5, 1.5, 1e300].map((steps) => ({ ...epoch, steps })),
    { event: "step", step: 1.5, loss: 1, learningRate: 0 },
    { event: "sqnr", step: -1, site: "conv1/input", sqnr: 1 },
  ];
  writeFileSync(log, `${[...lines, ...odd.map((line) => JSON.stringify(line))].join("\n")}\n`);
  assert.is(exported(changed, join(home, "logs", "changed")).scalars, written.scalars);
});

test("TensorBoard reads the same, where it is installed", () => {
  const printed = python(
    `import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
run = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0})
run.Reload()
tags = run.Tags()
scalars = {tag: [[one.step, repr(one.value)] for one in run.Scalars(tag)] for tag in tags["scalars"]}
histograms = {}
for tag in tags["histograms"]:
    all = [(one.step, one.histogram_value) for one in run.Histograms(tag)]
    histograms[tag] = [[step, h.min, h.max, h.num, h.sum, list(h.bucket_limit), list(h.bucket)] for step, h in all]
print(json.dumps([scalars, histograms]))`,
    join(home, "logs", "whole"),
  );
  if (printed === undefined) {
    console.log("  TensorBoard cannot be loaded: its reading is taken on trust (pip install tensorboard)");
    return;
  }
  const [scalars, histograms] = JSON.parse(printed) as readonly [
    Readonly<Record<string, readonly (readonly [number, string])[]>>,
    Readonly<Record<string, readonly unknown[]>>,
  ];
  const isHistogram = (tag: string): boolean => tag.startsWith("histogram/");
  const tags = [...values.keys()].filter((tag) => !tag.startsWith("_hparams_/"));
  assert.equal(Object.keys(scalars).sort(), tags.filter((tag) => !isHistogram(tag)).sort());
  for (const [tag, points] of Object.entries(scalars))
    assert.equal(
      points.map(([step, value]) => [step, Number(value)]),
      pointsOf(tag),
      tag,
    );
  assert.equal(Object.keys(histograms).sort(), tags.filter(isHistogram).sort());
  for (const [tag, found] of Object.entries(histograms))
    assert.equal(
      found,
      values.get(tag)?.map(([step, { histogram }]) => {
        const { min, max, num, sum, limits, counts } = histogram as NonNullable<typeof histogram>;
        return [step, min, max, num, sum, limits, counts];
      }),
      tag,
    );
});

test.run();
