/** @file Every option that names an output file refuses what is no file, and writes through links. */
import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, smallArgs } from "../runs.ts";

const test = suite("options that name output files");
const home = scratch();
const run = join(home, "run");
assert.is((await answerTo(["train", ...smallArgs, "--out", run])).code, 0);
const study = ["compare", ...smallArgs, "--seeds", "1", "--cell", "bits=8/8/8", "--out", join(home, "study")];

/** Commands that write a file, and the ending that it has to have. */
const commands: Readonly<
  Record<string, readonly [ending: string, command: (path: string) => readonly string[]]>
> = {
  "export --to safetensors": ["", (path) => ["export", run, "--to", "safetensors", "--out", path]],
  "export --to onnx": ["", (path) => ["export", run, "--to", "onnx", "--out", path]],
  report: ["", (path) => ["report", run, "--out", path]],
  "replay --trajectories": [".csv", (path) => ["replay", run, "--trajectories", path]],
  "compare --chart": ["", (path) => [...study, "--chart", path]],
  "compare --markdown": [".md", (path) => [...study, "--markdown", path]],
};

for (const [name, [ending, command]] of Object.entries(commands)) {
  test(`${name}: a pipe stays one`, async () => {
    const dir = scratch();
    const pipe = join(dir, `pipe${ending}`);
    assert.is(spawnSync("mkfifo", [pipe]).status, 0);
    const { code, err } = await answerTo(command(pipe));
    assert.is(code, 2);
    assert.match(err, /^\S+: cannot be written \(a pipe\), expected a regular file, .*\.\n$/);
    assert.ok(lstatSync(pipe).isFIFO());
    assert.equal(readdirSync(home).includes("study"), false, "nothing is trained before");
  });
}

/** A page that `--markdown` fills. */
const page = "<!-- measured: written by rangeflow compare -->\n<!-- end of measured -->\n";

for (const [name, [ending, command]] of Object.entries(commands)) {
  test(`${name}: a link leads to the file that is written`, async () => {
    const dir = scratch();
    const [file, link] = [join(dir, `file${ending}`), join(dir, `link${ending}`)];
    writeFileSync(file, page);
    symlinkSync(file, link);
    const { code, err } = await answerTo(command(link));
    assert.is(code, 0, err);
    assert.not.equal(readFileSync(file, "utf8"), page);
    assert.ok(lstatSync(link).isSymbolicLink());
  });
}

test("no output takes the place of a study's plan or table", async () => {
  const dir = scratch();
  for (const file of ["study.json", "runs.csv"]) {
    writeFileSync(join(dir, "study.json"), "{}");
    const { code, err } = await answerTo(["report", run, "--out", join(dir, file)]);
    assert.is(code, 2);
    assert.match(err, /cannot be written \(a file of a run or of a study\)/);
  }
  assert.is(readFileSync(join(dir, "study.json"), "utf8"), "{}");
});

test("no output takes the place of what a run keeps", async () => {
  const kept = readFileSync(join(run, "checkpoint.safetensors"));
  const ranges = ["ranges/000000.arrows", "ranges/000000.sums", "ranges/000001.arrows"];
  const recorded = ranges.slice(0, 2).map((file) => readFileSync(join(run, file)));
  for (const file of ["checkpoint.safetensors", "done.json", "events.jsonl", ...ranges]) {
    const { code, err } = await answerTo(["export", run, "--to", "safetensors", "--out", join(run, file)]);
    assert.is(code, 2);
    assert.match(err, /cannot be written \(a file of a run or of a study\), expected a file of another name/);
  }
  assert.equal(readFileSync(join(run, "checkpoint.safetensors")), kept);
  for (const [i, file] of ranges.slice(0, 2).entries())
    assert.equal(readFileSync(join(run, file)), recorded[i]);
  const inside = await answerTo([
    "export",
    run,
    "--to",
    "safetensors",
    "--out",
    join(run, "mine.safetensors"),
  ]);
  assert.is(inside.code, 0, inside.err);
});

test.run();
