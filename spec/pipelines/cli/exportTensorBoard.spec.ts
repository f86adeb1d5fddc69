/** @file `rangeflow export --to tensorboard`: what it prints and refuses. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, small, stoppedAfter } from "../runs.ts";

const test = suite("rangeflow export --to tensorboard");
const home = scratch();
const [whole, out] = [join(home, "whole"), join(home, "logs", "whole")];
await doneOf(small, { out: whole });

const exported = (run: string, ...args: readonly string[]) =>
  answerTo(["export", run, "--to", "tensorboard", "--out", out, ...args]);

test("it prints what it has written, --json the same as data", async () => {
  const { code, out: said, err } = await exported(whole);
  assert.is(code, 0, err);
  assert.match(
    said,
    /^\S+whole: events\.out\.tfevents\.\d{10}\.[0-9a-f]+\.rangeflow\.v2, 1546 scalars and 0 histograms of 15 sites up to step 20, \d+ bytes\n$/,
  );
  const json = JSON.parse((await exported(whole, "--json", "--site", "conv1/*")).out);
  const { event, to, runs } = json;
  const [{ file, sites, scalars, histograms }, ...others] = runs;
  assert.equal([event, to, sites, scalars, histograms, others], ["exported", "tensorboard", 3, 346, 0, []]);
  assert.equal(file, join(out, readdirSync(out)[0]!));
});

test("a run of a file needs neither the file nor --trust, because nothing of it is executed", async () => {
  const [file, run] = [join(home, "mine.ts"), join(home, "ofFile")];
  writeFileSync(
    file,
    `import { crossEntropy, dense, experiment, flatten, glyphs, quantized, sequential } from "rangeflow";
export default experiment({
  network: sequential(flatten(), quantized(dense)("output", { units: 10 })),
  data: glyphs({ train: 64, test: 16 }), loss: crossEntropy(), batch: 16, epochs: 1,
});`,
  );
  const trained = await answerTo(["train", file, "--engine", "simd", "--threads", "1", "--out", run]);
  assert.is(trained.code, 0, trained.err);
  rmSync(file);
  const { code, err } = await answerTo([
    ...["export", run, "--to", "tensorboard"],
    ...["--out", join(home, "logs", "ofFile")],
  ]);
  assert.is(code, 0, err);
});

const refused = async (run: string, ...args: readonly string[]): Promise<string> => {
  const { code, err } = await answerTo(["export", run, "--to", "tensorboard", ...args]);
  assert.is(code, 2);
  return err;
};

test("what cannot be written is refused in a sentence, and nothing is left", async () => {
  const none = join(home, "none", "deep");
  const to = ["--out", none];
  mkdirSync(join(home, "logs"), { recursive: true });
  assert.match(
    await refused(whole, ...to, "--site", "conv3/*"),
    /^--site: no site matches "conv3\/\*", expected a pattern of recorded sites; rangeflow replay DIR lists them\.$/m,
  );
  assert.match(
    await refused(join(home, "nobody"), ...to),
    /nobody: no such file or directory, expected the directory of a run/,
  );
  assert.match(
    await refused(join(home, "logs"), ...to),
    /: no run, expected the directory of a run; rangeflow list/,
  );
  assert.match(
    await refused(whole, "mine.ts", ...to, "--trust", "--data-dir", "data"),
    /^mine\.ts has no effect with --to tensorboard; leave it out\.\n--data-dir has no effect .*\n--trust has no effect/,
  );
  assert.match(await refused(whole, ...to, "--prefix", "a"), /^--prefix: used with --to tensorboard, /);
  assert.match(await refused(whole), /^--out: nothing, expected --out DIR, where tensorboard is written to/);
  const unbegun = join(home, "unbegun");
  await stoppedAfter(0, unbegun);
  assert.match(
    await refused(unbegun, ...to),
    /unbegun: a run without a step, expected one that has logged or recorded some\.$/m,
  );
  assert.not(existsSync(join(home, "none")));
});

test("event files of another run stay alone in their directory", async () => {
  const theirs = join(home, "theirs");
  mkdirSync(theirs);
  writeFileSync(join(theirs, "events.out.tfevents.1.host"), "");
  assert.match(
    await refused(whole, "--out", theirs),
    /theirs: event files of another run \(events\.out\.tfevents\.1\.host\), expected a new directory, or one with an earlier export of the same run; name another one, since/,
  );
  assert.equal(readdirSync(theirs), ["events.out.tfevents.1.host"]);
});

test.run();
