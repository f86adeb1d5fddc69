/** @file The copies of code that a run keeps open it as the originals do, so that nobody who edits those is locked out of it. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { firstValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { failureOf } from "../../support/failureOf.ts";
import { answerTo, doneIn, eventsOf, sameRows, small, stopsAfter } from "../runs.ts";
import { below, edited, experimentText, moveIn, trained, write } from "./ownCode.ts";

const test = suite("copies of code that a run keeps");
test.after(moveIn());

const whole = doneIn(await trained("runs/whole"));
await trained("runs/stopped", stopsAfter(5));

/** A copy of a run, in a directory of its own. */
const copyOf = (run: string, name: string): string => {
  cpSync(join("runs", run), join("runs", name), { recursive: true });
  return join("runs", name);
};

const line = (...args: readonly string[]) => answerTo(args);

const hintOf = (file: string, run: string): RegExp =>
  new RegExp(
    `^\\S+: the file \\./${file} of sha256 \\w+, which has changed since the run began.*, expected sha256 \\w+ as in the saved run; name the copy that the run began with, runs/${run}/code/work/${file}, or restore what has changed(, or start a new run in another --out)?\\.$`,
  );

const settings = ["--gradient-range", "./wide.ts"];
const copies = ["runs/whole/code/work/mine.ts", "--gradient-range", "runs/whole/code/work/wide.ts"];

test("evaluated by the copies, it has the score that it had, whatever was edited since", async () => {
  const score = (await line("evaluate", "runs/whole", "./mine.ts", ...settings)).out;
  assert.match(score, /^step 20: test accuracy /);
  await edited(
    async () => {
      const { err } = await line("evaluate", "runs/whole", "./mine.ts", ...settings);
      assert.match(err.trimEnd(), hintOf("mine.ts", "whole"));
      assert.is((await line("evaluate", "runs/whole", ...copies)).out, score);
      const trusting = await line("evaluate", "runs/whole", "--trust");
      assert.match(trusting.err, /; name the copy that the run began with, \S+, or restore the file\.$/m);
    },
    "mine.ts",
    "wide.ts",
    "../shared/gain.ts",
  );
  const imported = () => line("evaluate", "runs/whole", "./mine.ts", ...settings);
  assert.match(
    (await edited(imported, "../shared/gain.ts")).err.trimEnd(),
    hintOf("mine.ts", "whole"),
    "what it imports",
  );
});

test("a copy and an original that is unchanged may be named together, and the copy with --trust", async () => {
  const score = (await line("evaluate", "runs/whole", ...copies)).out;
  await edited(async () => {
    const [copy = ""] = copies;
    assert.is((await line("evaluate", "runs/whole", copy, ...settings)).out, score);
    assert.is((await line("evaluate", "runs/whole", copy, "--trust")).out, score);
  }, "mine.ts");
});

for (const [format, name] of [
  ["safetensors", "weights.safetensors"],
  ["onnx", "net.onnx"],
  ["c", "net"],
] as const)
  test(`exported to ${format} by the copies, it gives the same bytes`, async () => {
    const exported = async (to: string, ...files: readonly string[]) => {
      const out = join("exports", to, name);
      mkdirSync(dirname(out), { recursive: true });
      const { code, err } = await line("export", "runs/whole", ...files, "--to", format, "--out", out);
      assert.is(code, 0, err);
      return (existsSync(join(out, "net.c")) ? below(out).map((path) => join(out, path)) : [out]).map(
        (path) => readFileSync(path),
      );
    };
    const first = await exported("originals", "./mine.ts", ...settings);
    const again = () => exported("copies", ...copies);
    assert.equal(await edited(again, "mine.ts", "wide.ts", "../shared/gain.ts"), first);
  });

test("resumed by the copies, it ends with the bits of a run that nobody stopped, under the names that it had", async () => {
  const out = copyOf("stopped", "resumed");
  await edited(
    async () => {
      const refused = await line("train", "./mine.ts", ...settings, "--resume", "--out", out);
      assert.match(refused.err.trimEnd(), hintOf("mine.ts", "resumed"));
      const code = join(out, "code/work");
      const resumed = await line(
        ...["train", join(code, "mine.ts"), "--gradient-range", join(code, "wide.ts")],
        ...["--resume", "--out", out],
      );
      assert.is(resumed.code, 0, resumed.err);
    },
    "mine.ts",
    "wide.ts",
  );
  const { done, identity } = doneRecordIn(out)!;
  assert.is(done.weightsSha256, whole.weightsSha256);
  assert.equal(identity.settings, doneRecordIn("runs/whole")!.identity.settings);
  assert.equal(
    identity.files.map(({ name }) => name),
    ["./mine.ts", "./wide.ts"],
  );
  sameRows(out, "runs/whole");
  const again = await line("evaluate", out, "./mine.ts", ...settings);
  assert.is(again.code, 0, again.err);
});

test("verified by the copies, its ranges replay to the bit", async () => {
  const [experiment = "", , estimator = ""] = copies;
  const verified = () =>
    line("replay", "runs/whole", "--verify", "--estimator", experiment, "--estimator", estimator);
  assert.match(
    (await edited(verified, "mine.ts", "wide.ts")).out,
    /^verified: \d+ ranges at 6 sites replay to the bit$/m,
  );
});

test("an estimator of a built-in run is named by its copy, too", async () => {
  const named = { ...small, epochs: 1, gradientRange: "inHindsight(./wide.ts)" };
  await eventsOf(named, { out: "runs/estimator" });
  const score = (wanted: string, trust = false) =>
    firstValueFrom(
      evaluate(builtIn(wanted === "" ? {} : { gradientRange: wanted }), "runs/estimator", { trust }),
    );
  const first = await score(named.gradientRange);
  await edited(async () => {
    assert.match(
      await failureOf(score(named.gradientRange)),
      /; name the copy that the run began with, runs\/estimator\/code\/wide\.ts, or restore the file\.$/,
    );
    assert.match(
      await failureOf(score("", true)),
      /; name the copy that the run began with, runs\/estimator\/code/,
    );
    assert.equal(await score("inHindsight(runs/estimator/code/wide.ts)"), first);
  }, "wide.ts");
});

test("a copy that is gone, was edited or lacks something is not promised", async () => {
  const refusal = (run: string, file = "./mine.ts") =>
    edited(async () => (await line("evaluate", run, file, ...settings)).err.trimEnd(), "mine.ts");
  const plain = /as in the saved run; restore what has changed\.$/;
  const gone = copyOf("whole", "gone");
  rmSync(join(gone, "code"), { recursive: true });
  assert.match(await refusal(gone), plain);
  const touched = copyOf("whole", "touched");
  appendFileSync(join(touched, "code/work/mine.ts"), "// mine\n");
  assert.match(await refusal(touched), plain);
  assert.match(
    await refusal(touched, join(touched, "code/work/mine.ts")),
    /the file runs\/touched\/code\/work\/mine\.ts of sha256 \w+, which has changed since the run began, expected/,
  );
  const importing = copyOf("whole", "importing");
  appendFileSync(join(importing, "code/shared/gain.ts"), "// mine\n");
  assert.match(
    await refusal(importing),
    /restore what has changed, of which runs\/importing\/code has a copy\.$/,
  );
});

test("data files are not copied: a copy that lacks one is not promised, but has what was edited", async () => {
  write("sized.json", '{ "train": 64 }');
  const text = experimentText
    .replace("../shared/gain.ts", "../shared/gain")
    .replace("export default", 'import size from "./sized.json";\nexport default')
    .replace("160", "size.train");
  write("sized.ts", text);
  const source = experimentFile("./sized.ts", {}, { epochs: 1 });
  await trained("runs/sized", {}, source);
  assert.equal(below("runs/sized/code"), ["shared/gain.ts", "work/sized.ts"]);
  write("sized.ts", `${text}// a comment\n`);
  assert.match(
    await failureOf(firstValueFrom(evaluate(source, "runs/sized"))),
    /; restore what has changed, of which runs\/sized\/code has a copy\.$/,
  );
  cpSync("runs/sized/code/work/sized.ts", "sized.ts");
  await firstValueFrom(evaluate(source, "runs/sized"));
});

test("of a link, what it leads to is copied, to the place of the link", async () => {
  write("../elsewhere/linked.ts", experimentText);
  symlinkSync("../elsewhere/linked.ts", "linked.ts");
  const source = experimentFile("./linked.ts", {}, { epochs: 1 });
  await trained("runs/linked", {}, source);
  const copy = "runs/linked/code/work/linked.ts";
  assert.ok(lstatSync(copy).isFile());
  const score = await firstValueFrom(evaluate(source, "runs/linked"));
  rmSync("linked.ts");
  assert.equal(await firstValueFrom(evaluate(experimentFile(copy), "runs/linked")), score);
});

test.run();
