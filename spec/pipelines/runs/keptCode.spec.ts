/** @file A run keeps the code that it began with in its directory, once and for all. */
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { experimentFile } from "../../../pipelines/experiments/source.ts";
import { outputPath } from "../../../pipelines/files/outputFiles.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { runIdOf } from "../../../pipelines/runs/identity.ts";
import { mostCode } from "../../../pipelines/runs/keptCode.ts";
import { loadRun } from "../../../pipelines/runs/runDirectory.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { download, uploader } from "../../../pipelines/stores/savedFiles.ts";
import { snapshotOf } from "../../../pipelines/stores/snapshot.ts";
import { takeOver } from "../../../pipelines/stores/takeOver.ts";
import { failureOf } from "../../support/failureOf.ts";
import { sentenceOf } from "../files/scratch.ts";
import { answerTo, doneIn, eventsOf, small, stopsAfter } from "../runs.ts";
import { objectsInMemory } from "../stores/objectsInMemory.ts";
import { below, experimentText, local, mine, moveIn, trained, write } from "./ownCode.ts";

const test = suite("code that a run keeps");
test.after(moveIn());

const whole = doneIn(await trained("runs/whole"));

test("it has copies of what it executes and of what that imports, in the same positions", () => {
  assert.equal(below("runs/whole/code"), ["shared/gain.ts", "work/mine.ts", "work/wide.ts"]);
  for (const path of below("runs/whole/code"))
    assert.equal(readFileSync(join("runs/whole/code", path)), readFileSync(join("..", path)));
});

test("they are there before the first step, and stay as they are", async () => {
  const out = "runs/early";
  await trained(out, { stopped: () => true });
  assert.is(loadRun(out).step, 0);
  assert.equal(below(join(out, "code")), below("runs/whole/code"));
  const path = join(out, "code/work/mine.ts");
  appendFileSync(path, "// mine\n");
  await trained(out, { resume: true });
  assert.is(readFileSync(path, "utf8"), `${experimentText}// mine\n`);
});

test("they change neither the id of a run nor what is saved of it", async () => {
  const without = doneIn(await lastValueFrom(train(mine, local).pipe(toArray())));
  assert.is(without.weightsSha256, whole.weightsSha256);
  const { identity } = doneRecordIn("runs/whole")!;
  assert.equal(
    identity.files.map(({ copies }) => copies),
    ["runs/whole/code", "runs/whole/code"],
  );
  const saved = JSON.parse(readFileSync("runs/whole/done.json", "utf8")).identity;
  assert.equal(Object.keys(saved.files[0]).sort(), ["contents", "name", "path"]);
  cpSync("runs/whole", "runs/same", { recursive: true });
  assert.is(runIdOf(identity), runIdOf(doneRecordIn("runs/same")!.identity));
});

test("code that is too much is not copied, and the run says so", async () => {
  write("large.ts", `// ${"x".repeat(mostCode.bytes)}\n${experimentText}`);
  const args = ["train", "./large.ts", "--epochs", "1", "--engine", "simd", "--threads", "1"];
  const { out, code, err } = await answerTo([...args, "--out", "runs/large"]);
  assert.is(code, 0, err);
  assert.match(out, /^no copy of your code is kept: 2 files of 8\.0 MB, more than 256 files or 8\.0 MB$/m);
  assert.not.ok(existsSync("runs/large/code"));
});

test("what has its place in the directory already is refused and stays; a run without files has no such place", async () => {
  write("taken/code/mine.txt", "mine");
  assert.match(
    await failureOf(trained("taken")),
    /^\S*taken\/code: something that is not of this run, expected no file or directory of that name, where the run keeps copies of its code; name another --out, or move it elsewhere\.$/,
  );
  assert.equal(readdirSync("taken"), ["code"]);
  await eventsOf({ ...small, epochs: 1 }, { out: "taken" });
  assert.equal(below("taken/code"), ["mine.txt"]);
  // As after a kill before the first checkpoint.
  mkdirSync("left");
  cpSync("runs/whole/code", "left/code", { recursive: true });
  assert.is(doneIn(await trained("left")).weightsSha256, whole.weightsSha256);
});

test("a run that fails before its first step leaves no copies, and what others have called code", async () => {
  const failing = (): never => {
    throw new Error("not today");
  };
  assert.match(await failureOf(trained("fails", { tap: failing })), /not today/);
  assert.not.ok(existsSync("fails"));
  write("own/code/mine.txt", "mine");
  assert.match(await failureOf(eventsOf({ ...small, epochs: 1 }, { out: "own", tap: failing })), /not today/);
  assert.equal(below("own"), ["code/mine.txt"]);
});

test("copies travel to other directories and to object stores, whatever their names", async () => {
  write("of mine/.rate @1.ts", "export const rate: number = 0.01;\n");
  write(
    "named.ts",
    experimentText.replace("export", 'import { rate } from "./of mine/.rate @1.ts";\nvoid rate;\nexport'),
  );
  await trained("runs/named", stopsAfter(3), experimentFile("./named.ts", {}, { epochs: 1 }));
  const expected = below("runs/named/code");
  assert.equal(expected, ["shared/gain.ts", "work/named.ts", "work/of mine/.rate @1.ts"]);
  await takeOver("runs/named", "runs/taken");
  assert.equal(below("runs/taken/code"), expected);
  const objects = objectsInMemory();
  const snapshot = (await snapshotOf("runs/named"))!;
  const files = await uploader(objects, "files/").upload(snapshot, false);
  snapshot.close();
  assert.is(await download(objects, files, "runs/fetched"), undefined);
  assert.equal(below("runs/fetched/code"), expected);
  const out = files.map((file) => ({ ...file, path: file.path.replace("code/", "code/../") }));
  assert.match(String((await download(objects, out, "runs/outside"))?.message), /a file named "code\/\.\.\//);
});

test("nothing is exported over a copy", () => {
  assert.match(
    sentenceOf(() => outputPath("runs/whole/code/work/mine.ts")),
    /cannot be written \(a file of a run or of a study\)/,
  );
  assert.is(outputPath("exports/code/net.h"), "exports/code/net.h");
});

test("an experiment in code has no files to keep", async () => {
  const { crossEntropy, dense, flatten, glyphs, quantized, sequential } = await import(
    "../../../pipelines/rangeflow.ts"
  );
  const source = experiment({
    network: sequential(flatten(), quantized(dense)("output", { units: 10 })),
    data: glyphs({ train: 64, test: 16 }),
    loss: crossEntropy(),
    epochs: 1,
  });
  await lastValueFrom(train(source, { ...local, out: "runs/code" }));
  assert.not.ok(existsSync("runs/code/code"));
});

test.run();
