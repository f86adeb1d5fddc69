/** @file A run is what the files of its user hold, and executes only those that somebody names who opens it. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { verifyReplay } from "../../../pipelines/replay/replayStudy.ts";
import { runEstimators } from "../../../pipelines/replay/runEstimators.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { identityOfRun, loadRun, saveRun } from "../../../pipelines/runs/runDirectory.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import type { RunOptions } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { doneOf, eventsOf, sameRows, small, stoppedAfter } from "../runs.ts";

const test = suite("identity: files of one's own");

const home = scratch();
const marks = join(home, "executed");
const file = join(home, "mine.mjs");
const helper = join(home, "factor.ts");

/** An estimator that leaves a mark when it is executed, and one whose range hangs on a file that it imports. */
const write = (factor = 1, comment = ""): void => {
  writeFileSync(helper, `export const factor: number = ${factor};${comment}\n`);
  writeFileSync(
    file,
    `import { appendFileSync } from "node:fs";
import { map } from "rxjs";
import { factor } from "./factor";
appendFileSync(${JSON.stringify(marks)}, "x");
export default (observed$) => observed$.pipe(map(({ min, max }) => ({ lo: factor * min, hi: factor * max })));
`,
  );
};

/** Number of times that the file is executed meanwhile. */
const executions = async (act: () => Promise<unknown>): Promise<number> => {
  const count = (): number => (existsSync(marks) ? readFileSync(marks, "utf8").length : 0);
  const before = count();
  await act();
  return count() - before;
};

write();
const settings = { ...small, epochs: 1, gradientRange: `inHindsight(${file})` };
const uninterrupted = join(home, "whole");
const whole = await doneOf(settings, { out: uninterrupted });
const stopped = join(home, "stopped");
await stoppedAfter(5, stopped, settings);

/** A copy of the stopped run. */
const copy = (name: string): string => {
  const out = join(home, name);
  cpSync(stopped, out, { recursive: true });
  return out;
};

const resume = (out: string, wanted: Partial<Settings> = {}, options: RunOptions = {}) =>
  eventsOf(wanted, { out, resume: true, ...options });

const changed =
  /^--resume: .*mine\.mjs of sha256 [0-9a-f]{8}(, by factor\.ts)?, expected sha256 [0-9a-f]{8} as in the saved run; name the copy that the run began with, \S+changed\/code\/mine\.mjs, or restore the file, or start a new run/;

test("opening a run executes no file that it alone names: not to go on, not to judge, not to verify", async () => {
  const out = copy("untrusted");
  const identity = identityOfRun(out);
  const alone = runEstimators("--verify", { identity, named: [], trust: false });
  const count = await executions(async () => {
    for (const act of [
      resume(out),
      lastValueFrom(evaluate(builtIn(), out)),
      verifyReplay(recordingOf(out).rows(), alone),
    ])
      assert.match(
        await failureOf(act),
        /^(--)?\w+: the file \S+mine\.mjs of the saved run is not named, expected every file named .*--trust/,
      );
  });
  assert.is(count, 0);
});

test("it does if it is named again, or the run is trusted, and ends with the bits of one that was not interrupted", async () => {
  for (const [name, wanted, options] of [
    ["named", { gradientRange: settings.gradientRange }, {}],
    ["trusted", {}, { trust: true }],
  ] as const) {
    const out = copy(name);
    const events = await resume(out, wanted, options);
    const last = events.at(-1);
    assert.ok(last?.event === "done");
    assert.is(last.weightsSha256, whole.weightsSha256);
    sameRows(out, uninterrupted);
    const own = runEstimators("--verify", { identity: identityOfRun(out), named: [file], trust: false });
    assert.is((await verifyReplay(recordingOf(out).rows(), own)).sites, 15);
  }
});

test("a run under a recipe of one's own executes it again, where it is named again", async () => {
  const [recipe, out] = [join(home, "recipe.ts"), join(home, "recipe")];
  writeFileSync(
    recipe,
    `import { inHindsight, type Rule } from "rangeflow";
import mine from "./mine.mjs";
export default { quantization: [{ gradient: { range: inHindsight(mine) } }] satisfies readonly Rule[] };
`,
  );
  const under = { ...small, epochs: 1, recipe };
  await stoppedAfter(5, out, under);
  assert.match(await failureOf(resume(out)), /recipe\.ts of the saved run is not named/);
  const last = (await resume(out, { recipe })).at(-1);
  assert.ok(last?.event === "done");
  assert.is(last.weightsSha256, whole.weightsSha256);
  const verified = runEstimators("--verify", { identity: identityOfRun(out), named: [recipe], trust: false });
  assert.is((await verifyReplay(recordingOf(out).rows(), verified)).sites, 15);
});

test("a file that has changed is refused before it is executed, also where it is trusted or a file that it imports has", async () => {
  const out = copy("changed");
  for (const [change, wanted, options] of [
    [() => write(0.1), { gradientRange: settings.gradientRange }, {}],
    [() => write(1, " // the same, said otherwise"), {}, { trust: true }],
    [
      () => writeFileSync(file, `${readFileSync(file, "utf8")}\n`),
      { gradientRange: settings.gradientRange },
      {},
    ],
  ] as const) {
    write();
    change();
    const count = await executions(async () =>
      assert.match(await failureOf(resume(out, wanted, options)), changed),
    );
    assert.is(count, 0);
  }
  write();
  rmSync(helper);
  assert.match(await failureOf(resume(out, {}, { trust: true })), changed);
  write();
  const events = await resume(out, {}, { trust: true });
  assert.is(events.at(-1)?.event, "done");
});

test("within one process, too, a run executes what its hash says", async () => {
  write(0.5);
  const other = await doneOf(settings);
  write();
  assert.is.not(other.weightsSha256, whole.weightsSha256);
  assert.is((await doneOf(settings)).weightsSha256, whole.weightsSha256);
});

test("a module that Node keeps is refused when it has changed since it was loaded", async () => {
  const kept = join(home, "kept.cjs");
  const of = (factor: number): void =>
    writeFileSync(
      kept,
      `const { map } = require("rxjs"); exports.default = map(({ min, max }) => ({ lo: ${factor} * min, hi: max }));`,
    );
  of(1);
  await doneOf({ ...settings, gradientRange: kept });
  of(2);
  assert.match(
    await failureOf(eventsOf({ ...settings, gradientRange: kept })),
    /^--gradient-range: \S+kept\.cjs, which has changed since this process loaded it, expected the file as it was loaded; start a new process\.$/,
  );
  of(1);
  await doneOf({ ...settings, gradientRange: kept });
});

test("a relative path is found from any working directory, and after its tree has moved", async () => {
  const [before, tree, moved] = [process.cwd(), join(home, "tree"), join(home, "moved", "tree")];
  mkdirSync(tree);
  mkdirSync(join(home, "moved"));
  cpSync(file, join(tree, "mine.mjs"));
  cpSync(helper, join(tree, "factor.ts"));
  try {
    process.chdir(tree);
    await stoppedAfter(5, "runs/mine", { ...settings, gradientRange: "inHindsight(./mine.mjs)" });
    process.chdir(home);
    renameSync(tree, moved);
    assert.match(
      await failureOf(resume("moved/tree/runs/mine")),
      /^--resume: the file \.\/mine\.mjs of the saved run is not named/,
    );
    const events = await resume("moved/tree/runs/mine", {}, { trust: true });
    const last = events.at(-1);
    assert.ok(last?.event === "done");
    assert.is(last.weightsSha256, whole.weightsSha256);
    const { files } = loadRun("moved/tree/runs/mine").identity;
    assert.equal(
      files.map(({ name, path }) => [name, path]),
      [["./mine.mjs", "moved/tree/mine.mjs"]],
    );
  } finally {
    process.chdir(before);
  }
});

test("a run whose settings name a file without its hash is damaged", async () => {
  const out = copy("unhashed");
  const run = loadRun(out);
  saveRun(out, { ...run, identity: { ...run.identity, files: [] } });
  assert.match(await failureOf(resume(out, {}, { trust: true })), /mine\.mjs in its settings without a hash/);
});

test("a run goes on under the numerics that it began with", async () => {
  const out = copy("numerics");
  const run = loadRun(out);
  saveRun(out, { ...run, identity: { ...run.identity, numerics: 99 } });
  assert.match(
    await failureOf(resume(out, {}, { trust: true })),
    /^--resume: version \d+ of the numerics, expected version 99 as in the saved run; use the version of rangeflow/,
  );
  const identity = identityOfRun(out);
  assert.match(
    sentenceOf(() => runEstimators("--verify", { identity, named: [], trust: true })),
    /^--verify: version \d+ of the numerics, expected version 99/,
  );
});

test("a run that was planned is refused when it has become another", async () => {
  assert.match(
    await failureOf(eventsOf(settings, { runId: "0123456789abcdef" })),
    /^the run: data or files of [0-9a-f]{16}, expected those of 0123456789abcdef, which was planned/,
  );
});

test.run();
