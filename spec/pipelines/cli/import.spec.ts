/** @file `rangeflow import` as people use it: what it prints, what it refuses, and that replay takes what it has made. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { fileWith } from "../imports/imported.ts";
import { answerTo } from "../runs.ts";

const test = suite("rangeflow import");

const stats = fileWith(
  "step,site,min,max,host\n0,conv1/input,-1.00,2.50,a\n0,fc,-0.10,0.25,a\n1,conv1/input,-3.00,0.10,a\n1,fc,0.00,0.00,a\n",
  "theirs.csv",
);

test("says what was read, what is known of it and how exactly, and what was not used; replay takes the run", async () => {
  const out = join(scratch(), "made", "run");
  const { code, out: text, err } = await answerTo(["import", stats, "--out", out, "--map", "fc=gradient"]);
  assert.is(code, 0, err);
  assert.is(
    text,
    `${out}: 4 rows, 2 sites (1 activation and 1 gradient), steps 0 to 1
  read: theirs.csv (csv, 112 B): 12 values
  known: 4 rows with min and max
  precision: min and max of theirs.csv are printed with 2 decimals, taken as plus or minus 0.005 (--precision exact to change that)
  precision: 4 rows with min and max known to an interval
  precision: 1 row printed as 0, so that the width of the tensors is unknown
  not used: host (4)
rangeflow replay ${out} --estimator E shows what estimators would have answered
`,
  );
  const replayed = await answerTo(["replay", out, "--estimator", "inHindsight", "--json"]);
  assert.is(replayed.code, 0, replayed.err);
  assert.match(replayed.out, /"site":"conv1\/input"/);
});

test("--json is one object with the same, and import.json beside the recording says what it was made of", async () => {
  const out = join(scratch(), "run");
  const { out: text } = await answerTo([
    "import",
    stats,
    "--out",
    out,
    "--map",
    "fc=none",
    "--precision",
    "exact",
    "--json",
  ]);
  const event = JSON.parse(text);
  assert.equal(
    [event.event, event.rows, event.sites, event.leftOut, event.unused, event.rounded],
    ["import", 2, { weight: 0, activation: 1, gradient: 0 }, 2, { host: 4 }, 0],
  );
  const info = JSON.parse(readFileSync(join(out, "import.json"), "utf8"));
  assert.equal(
    [info.format, info.rows, info.sites, info.options],
    ["csv", 2, 1, { map: { fc: "none" }, precision: "exact" }],
  );
  assert.equal(info.files, event.files);
  assert.match(info.files[0].sha256, /^[0-9a-f]{64}$/);
});

test("of many files and names a dozen are listed, and how many more there are", async () => {
  const dir = scratch();
  const files = Array.from({ length: 15 }, (_, step) => {
    const path = join(dir, `${step}.jsonl`);
    writeFileSync(path, `{"step": ${step}, "site": "a/input", "amax": 1.5, "note${step}": 1}\n`);
    return path;
  });
  const { out: text } = await answerTo(["import", ...files, "--out", join(dir, "run")]);
  assert.match(text, / {2}read: 11\.jsonl \(jsonl, \d+ B\): 2 values\n {2}read: 3 more files\n/);
  assert.match(text, /not used: note0 \(1\), .*, note11 \(1\) and 3 more \(--json lists all\)\n/);
});

test("what may be cut, and tensors without elements, are told", async () => {
  const path = fileWith("step,site,min,max,count\n0,a/input,-1,1,0\n1,a/input,-1,1,7", "cut.csv");
  const { out: text } = await answerTo(["import", path, "--out", join(scratch(), "run")]);
  assert.match(
    text,
    /\n {2}end: cut\.csv has no line end or end mark; its last values may be cut or missing\n/,
  );
  assert.match(text, /\n {2}empty: 1 row of tensors with a count of 0, shown to no estimator\n/);
});

test("a map may be a JSON file, and a later --map goes first", async () => {
  const map = fileWith('{ "fc": "weight", "conv*": "activation:layer*" }', "map.json");
  const out = join(scratch(), "run");
  const { out: text, err } = await answerTo([
    ...["import", stats, "--out", out, "--map", map, "--map", "fc=gradient", "--json"],
  ]);
  assert.equal(JSON.parse(text).sites, { weight: 0, activation: 1, gradient: 1 }, err);
});

test("what cannot be is refused in a sentence with exit code 2, and nothing is written", async () => {
  const home = scratch();
  const full = join(home, "full");
  mkdirSync(full);
  writeFileSync(join(full, "notes.txt"), "mine");
  const out = join(home, "run");
  const loop = join(scratch(), "loop");
  symlinkSync(loop, loop);
  for (const [args, sentence] of [
    [[stats], /^rangeflow import: no --out, expected --out RUN with the directory to create/],
    [["--out", out], /^rangeflow import: no file, expected files with statistics\.$/],
    [
      [stats, "--out", full],
      /full: a directory with files, expected a path where nothing is; name another --out\.$/,
    ],
    [[stats, "--out", stats], /theirs\.csv: a file, expected a path where nothing is/],
    [
      [stats, "--out", join(stats, "run")],
      /run: cannot be written \(part of the path is not a directory\), expected a writable path/,
    ],
    [[stats, "--out", loop], /loop: cannot be written \(is a symbolic link\), expected a writable path/],
    [[join(home, "nowhere.csv"), "--out", out], /nowhere\.csv: no such file or directory/],
    [
      [home, "--out", out],
      /: a directory without event files of TensorBoard, expected files with statistics/,
    ],
    [[loop, "--out", out], /loop: .+, expected a file with statistics/],
    [[stats, "--out", out], /^fc: names that do not show a role, expected/],
    [
      [stats, "--out", out, "--map", "fc"],
      /^--map: "fc", expected PATTERN=ROLE, such as 'fc\*=activation', or a JSON file\.$/,
    ],
    [
      [stats, "--out", out, "--map", stats.replace(".csv", ".json")],
      /theirs\.json: no such file or directory/,
    ],
    [
      [stats, "--out", out, "--column", "step"],
      /^--column: "step", expected MEANING=NAME, such as step=iter\.$/,
    ],
    [
      [stats, "--out", out, "--format", "xls"],
      /^--format: "xls", expected one of arrow, parquet, tensorboard, wandb, jsonl, te, csv\.$/,
    ],
    [[stats, "--out", out, "--format", "te"], /^\S*theirs\.csv: no tensor with min and max/],
    [[stats, "--out", out, "--repeated", "both"], /^--repeated: "both", expected refuse, first, last\.$/],
    [[stats, "--out", out, "--ranks", "all"], /^--ranks: "all", expected separate or merge\.$/],
    [[stats, "--out", out, "--precision", "4.5"], /^--precision: "4\.5", expected auto, exact/],
    [[stats, "--out", out, "--number-format", "int9"], /^--number-format: number format "int9", expected/],
    [[stats, "--out", out, "--mapp", "a=b"], /^rangeflow import: unknown option --mapp, expected --map\.$/],
  ] as const) {
    const { code, out: text, err } = await answerTo(["import", ...args]);
    assert.is(code, 2, args.join(" "));
    assert.is(text, "");
    assert.match(err.trimEnd(), sentence);
    assert.equal(readdirSync(home), ["full"]);
  }
});

test("SIGINT and SIGTERM stop an import in a sentence, and remove what is half written", async () => {
  const rows = Array.from({ length: 140_000 }, (_, step) => `${step},a/input,1\n`);
  const path = fileWith(`step,site,amax\n${rows.join("")}`, "long.csv");
  for (const [signal, expected] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const home = scratch();
    let isDone = false;
    const made: string[] = [];
    const watch = (): void => {
      made.push(...readdirSync(home));
      if (made.length > 0) process.emit(signal, signal);
      else if (!isDone) setImmediate(watch);
    };
    setImmediate(watch);
    const { code, out, err } = await answerTo(["import", path, "--out", join(home, "run")]);
    isDone = true;
    assert.match(made.join(" "), /^run\.\d+-[0-9a-f]{16}\.partial$/);
    assert.equal(
      [code, out, err],
      [expected, "", `rangeflow import: stopped by ${signal}; nothing is at ${join(home, "run")}.\n`],
    );
    assert.equal(readdirSync(home), []);
    assert.is(process.listenerCount(signal), 0);
  }
});

test("what a killed import has left behind is told", async () => {
  const home = scratch();
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const left = `run.${pid}-0123456789abcdef.partial`;
  mkdirSync(join(home, left));
  const { out } = await answerTo([...["import", stats, "--map", "fc=none", "--out", join(home, "run")]]);
  assert.ok(
    out.includes(`\n  left behind: ${left}, half written by an import that was killed; it can be removed\n`),
  );
  assert.equal(readdirSync(home).sort(), ["run", left]);
});

test("help lists formats and options", async () => {
  const { code, out } = await answerTo(["import", "--help"]);
  assert.is(code, 0);
  for (const text of [
    "Usage: rangeflow import FILE...",
    "--map PATTERN=ROLE",
    "--column MEANING=NAME",
    "Formats:",
    "  parquet",
  ])
    assert.ok(out.includes(text), text);
});

test.run();
