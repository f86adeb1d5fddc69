/** @file A run that was stopped or killed at any moment, and resumed, ends with the bits of one that was not. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCheckpoint } from "../../pipelines/files/checkpoint.ts";
import { verifyReplay } from "../../pipelines/replay/replayStudy.ts";
import type { TrainEvent } from "../../pipelines/runs/events.ts";
import { recordingOf } from "../../pipelines/runs/runRecording.ts";
import type { RunOptions } from "../../pipelines/runs/train.ts";
import type { Settings } from "../../pipelines/settings/settings.ts";
import { failureOf as failure } from "../support/failureOf.ts";
import { scratch } from "./files/scratch.ts";
import {
  doneIn,
  doneOf,
  eventsOf,
  named,
  rangeflow,
  sameRows,
  small,
  smallArgs,
  stoppedAfter,
  stopsAfter,
} from "./runs.ts";

const test = suite("resume");

const epochsIn = (events: readonly TrainEvent[]): readonly (readonly number[])[] =>
  events.flatMap((event) =>
    event.event === "epoch"
      ? [
          [
            event.epoch,
            event.loss,
            event.trainScore as number,
            event.testLoss as number,
            event.testScore as number,
            event.learningRate,
          ],
        ]
      : [],
  );

const failureOf = (options: RunOptions, settings: Partial<Settings> = {}): Promise<string> =>
  failure(eventsOf(settings, options));

const home = scratch();
const whole = join(home, "whole");
const expectedEvents = await eventsOf(small, { out: whole });
const expected = doneIn(expectedEvents);
const expectedEpochs = epochsIn(expectedEvents);

for (const [batch, when] of [
  [0, "before its first step"],
  [1, "after one step"],
  [7, "in the middle of an epoch"],
  [11, "in the middle of an evaluation"],
  [13, "between two epochs"],
  [25, "before its last batch"],
] as const)
  test(`a run that is stopped ${when} resumes to the same bits`, async () => {
    const out = join(home, `stopped${batch}`);
    await stoppedAfter(batch, out);
    const events = await eventsOf({}, { out, resume: true });
    const done = doneIn(events);
    assert.is(done.weightsSha256, expected.weightsSha256);
    assert.is(done.score, expected.score);
    assert.is(done.bestScore, expected.bestScore);
    const epochs = epochsIn(events);
    assert.equal(epochs, expectedEpochs.slice(-epochs.length));
    assert.equal(done.roles, expected.roles);
    sameRows(out, whole);
  });

test("a run that has ended says so when it is to go on, tells its result as it was told, and writes nothing", async () => {
  const files = (): readonly string[] =>
    readdirSync(whole, { recursive: true }).map(
      (file) => `${file} ${statSync(join(whole, `${file}`)).mtimeMs}`,
    );
  const before = files();
  const events = await eventsOf({}, { out: whole, resume: true });
  assert.equal([events.length, events[0]?.event], [2, "finished"]);
  const last = events.at(-1);
  assert.ok(last?.event === "done");
  assert.is(last.weightsSha256, expected.weightsSha256);
  assert.is(last.score, expected.score);
  assert.equal(last, { ...expected, out: whole });
  assert.equal(files(), before);
  sameRows(whole, join(home, "stopped7"));
});

test("a run that has ended is not lengthened, and the reason is told", async () => {
  const constant = join(home, "constant");
  await eventsOf({ ...small, epochs: 1, limit: 32, schedule: "constant" }, { out: constant });
  for (const [out, reason, epochs] of [
    [whole, "--schedule cosine takes the rate of every step from it", 2],
    [constant, "another run, although it begins with the same steps", 1],
  ] as const)
    assert.is(
      await failureOf({ out, resume: true }, { epochs: 3 }),
      `--resume: --epochs 3 (${reason}), expected ${epochs} as in the saved run; leave it out, or start a new run in another --out.`,
    );
});

/** The mean of all ranges so far, answered one tensor ahead: state that no code of ours knows how to save. */
const myEstimator = `
import { map, type Observable, scan, startWith } from "rxjs";
interface Stat { readonly min: number; readonly max: number }
export default (observed$: Observable<Stat>) =>
  observed$.pipe(
    scan(({ n, lo, hi }, { min, max }) => ({ n: n + 1, lo: lo + min, hi: hi + max }), { n: 0, lo: 0, hi: 0 }),
    map(({ n, lo, hi }) => ({ lo: lo / n, hi: hi / n })),
    startWith({ lo: -1, hi: 1 }),
  );
`;

test("an estimator of one's own, with state, needs no code for saving", async () => {
  const path = join(home, "mine.ts");
  writeFileSync(path, myEstimator);
  const settings = { ...small, activationRange: path, gradientRange: path };
  const [uninterrupted, out] = [join(home, "mine"), join(home, "mine-stopped")];
  const mine = await doneOf(settings, { out: uninterrupted });
  await stoppedAfter(7, out, settings);
  for (const n of [3, 5]) await eventsOf({}, { out, resume: true, trust: true, ...stopsAfter(n) });
  assert.is((await doneOf({ gradientRange: path }, { out, resume: true })).weightsSha256, mine.weightsSha256);
  sameRows(out, uninterrupted);
});

/** Estimators that ask the tensors themselves, which are gone when the run is resumed; in ten steps, since all stops are tried above. */
for (const [gradientRange, activationRange] of [
  ["dsgc:period=4", "inHindsight(percentile)"],
  ["lbt", "lbtHindsight"],
  ["meanSquaredError", "delayedScaling:length=3"],
  ["inHindsight(distributionAdaptive)", "inHindsight(dsgc:period=3)"],
] as const)
  test(`${gradientRange} and ${activationRange} resume to the same bits, and replay to the bit`, async () => {
    const quantizer = gradientRange.includes("distribution") ? { gradientQuantizer: "perChannel" } : {};
    const dclrs = gradientRange.includes("dsgc") ? "layer" : "none";
    const once = { ...small, epochs: 1 };
    const settings: Partial<Settings> = { ...once, gradientRange, activationRange, dclrs, ...quantizer };
    const name = gradientRange.replace(/\W/g, "");
    const [uninterrupted, out] = [join(home, name), join(home, `${name}-stopped`)];
    const whole = await doneOf(settings, { out: uninterrupted });
    await stoppedAfter(4, out, settings);
    for (const n of [2, 1]) await eventsOf({}, { out, resume: true, ...stopsAfter(n) });
    assert.is((await doneOf({}, { out, resume: true })).weightsSha256, whole.weightsSha256);
    sameRows(out, uninterrupted);
    assert.equal(await verifyReplay(recordingOf(out).rows(), named), { sites: 15, ranges: 150, unasked: 0 });
  });

test("a resumed run may name its settings again, and change those that change no bit, but no other", async () => {
  const out = join(home, "settings");
  await stoppedAfter(5, out);
  assert.is(
    await failureOf({ out, resume: true }, { epochs: 3, bits: "4/4/4" }),
    "--resume: --bits 4/4/4, --epochs 3 (--schedule cosine takes the rate of every step from it), expected 8/8/8, 2 as in the saved run; leave it out, or start a new run in another --out.",
  );
  const same = { ...small, checkpointSeconds: 0, patience: 1 };
  assert.is((await doneOf(same, { out, resume: true })).weightsSha256, expected.weightsSha256);
});

test("a run goes on with another engine, to the same bits", async () => {
  const out = join(home, "engines");
  await stoppedAfter(19, out);
  const done = await doneOf({ engine: "reference" }, { out, resume: true });
  assert.is(done.engine, "reference");
  assert.is(done.weightsSha256, expected.weightsSha256);
});

test("a new run does not take the place of one that is there", async () => {
  const before = readFileSync(join(whole, "checkpoint.safetensors"));
  assert.is(
    await failureOf({ out: whole }, small),
    `${whole}: the directory of a run, expected an empty or new directory; name another, or add --resume (in code resume: true, or numbered: true for a directory of its own).`,
  );
  assert.equal(readFileSync(join(whole, "checkpoint.safetensors")), before);
});

test("a checkpoint or recording that is cut, changed, missing or another run's is named, and left as it is", async () => {
  const good = join(home, "good");
  await stoppedAfter(7, good);
  const flip = (path: string, at: number): void => {
    const bytes = readFileSync(path);
    bytes[at]! ^= 1;
    writeFileSync(path, bytes);
  };
  const cut = (path: string): void => writeFileSync(path, readFileSync(path).subarray(0, 1000));
  const [checkpoint, data, sums] = ["checkpoint.safetensors", "ranges/000000.arrows", "ranges/000000.sums"];
  const damages: readonly (readonly [(dir: string) => void, RegExp])[] = [
    [(dir) => flip(join(dir, checkpoint), 100_000), /checkpoint\.safetensors: contents that do not match/],
    [(dir) => cut(join(dir, checkpoint)), /checkpoint\.safetensors: contents that do not match/],
    [(dir) => rmSync(join(dir, checkpoint)), /checkpoint\.safetensors: no such file or directory/],
    [(dir) => writeFileSync(join(dir, checkpoint), "hello"), /checkpoint\.safetensors: 5 bytes without/],
    [(dir) => flip(join(dir, data), 4000), /000000\.arrows: bytes \d+ to \d+ that do not match/],
    [(dir) => flip(join(dir, sums), 20), /000000\.sums: line 1 that does not match its checksum/],
    [(dir) => cut(join(dir, data)), /000000\.arrows: no segment|ranges: .*expected/],
    [(dir) => rmSync(join(dir, sums)), /000000\.sums: no such file/],
    [(dir) => rmSync(join(dir, "ranges"), { recursive: true }), /ranges: no such file or directory/],
    [
      (dir) => {
        const other = readFileSync(join(dir, checkpoint)).toString("latin1");
        writeFileSync(
          join(dir, checkpoint),
          other.replace('"schemaVersion":"3"', '"schemaVersion":"9"'),
          "latin1",
        );
      },
      /checkpoint\.safetensors: /,
    ],
  ];
  for (const [n, [damage, sentence]] of damages.entries()) {
    const dir = join(home, `damaged${n}`);
    cpSync(good, dir, { recursive: true });
    damage(dir);
    const before = readdirSync(dir, { recursive: true });
    const message = await failureOf({ out: dir, resume: true });
    assert.match(message, sentence, message);
    assert.match(message, /^[^\n]+, expected [^\n]+\.$/);
    assert.equal(readdirSync(dir, { recursive: true }), before);
  }
});

test("the recording of another run is refused, and not touched", async () => {
  const [dir, other] = [join(home, "mixed"), join(home, "other")];
  await stoppedAfter(7, dir);
  await stoppedAfter(9, other, { ...small, seed: 2 });
  rmSync(join(dir, "ranges"), { recursive: true });
  cpSync(join(other, "ranges"), join(dir, "ranges"), { recursive: true });
  assert.match(
    await failureOf({ out: dir, resume: true }),
    /: the recording of run \w+, expected that of run \w+/,
  );
  sameRows(dir, other);
});

test("a recording that lacks steps before the checkpoint is refused", async () => {
  const dir = join(home, "lacking");
  await stoppedAfter(4, dir);
  await eventsOf({}, { out: dir, resume: true, ...stopsAfter(4) });
  for (const file of ["000000.arrows", "000000.sums"]) rmSync(join(dir, "ranges", file));
  assert.match(
    await failureOf({ out: dir, resume: true }),
    /ranges: 4 rows of conv1\/input, expected 8, one for each step before the checkpoint; part of the recording is missing/,
  );
});

test("checkpoints do not grow with steps", () => {
  const size = (dir: string): number => statSync(join(home, dir, "checkpoint.safetensors")).size;
  // The header counts its bytes in eights, and has the step and some means in it as text.
  assert.ok(Math.abs(size("good") - size("whole")) < 400, `${size("good")} and ${size("whole")}`);
});

test("killed at any moment, again and again, and resumed: the same bits, the same recording", async () => {
  const dir = join(home, "killed");
  const settings = [...smallArgs, "--limit", "640", "--checkpoint-seconds", "0", "--json"];
  const uninterrupted = join(home, "unkilled");
  const args = ["train", ...settings, "--out", uninterrupted];
  const reference = JSON.parse((await rangeflow(args)).out.trim().split("\n").at(-1) as string);
  const again = (): readonly string[] => {
    const isThere = existsSync(join(dir, "checkpoint.safetensors"));
    return ["train", ...(isThere ? ["--resume", "--json"] : settings), "--out", dir];
  };
  for (const chunks of [0, 6, 3]) {
    const { signal } = await rangeflow(again(), { kill: { signal: "SIGKILL", dir, chunks } });
    assert.is(signal, "SIGKILL");
  }
  const { code, out, err } = await rangeflow(again());
  assert.is(code, 0, err);
  assert.is(JSON.parse(out.trim().split("\n").at(-1) as string).weightsSha256, reference.weightsSha256);
  sameRows(dir, uninterrupted);
  const proof = await rangeflow(["replay", dir, "--verify"]);
  assert.is(proof.out, "verified: 1200 ranges at 15 sites replay to the bit\n", proof.err);
});

test("Ctrl-C leaves a run that can be resumed: exit code 130, and a line that says how", async () => {
  const dir = join(home, "interrupted");
  const args = ["train", ...smallArgs, "--epochs", "500", "--checkpoint-seconds", "0", "--out", dir];
  const { code, out } = await rangeflow(args, { kill: { signal: "SIGINT", dir, chunks: 4 } });
  assert.is(code, 130);
  const [, step] = /stopped after step (\d+); resume with: rangeflow train --resume --out /.exec(out) ?? [];
  assert.is(readCheckpoint(join(dir, "checkpoint.safetensors")).step, Number(step));
  const events = await eventsOf({}, { out: dir, resume: true, ...stopsAfter(3) });
  assert.is(events[0]?.event === "start" && events[0].step, Number(step));
});

test.run();
