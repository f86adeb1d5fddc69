/** @file What has ended of a study, without training the rest: `compare --only-finished`, and `replay --verify` of all of its runs. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { ownDirectory } from "../../../pipelines/files/ownDirectory.ts";
import { type CompareOptions, compare } from "../../../pipelines/studies/compare.ts";
import type { CompareEvent } from "../../../pipelines/studies/events.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, rowsIn, small, smallArgs, stoppedAfter, version } from "../runs.ts";

const test = suite("a study of which some runs have ended");
const home = scratch();
const out = join(home, "study");
const cells = [{ bits: "8/8/8" }, { bits: "32/32/32" }];

const studied = (options: Partial<CompareOptions>): Promise<CompareEvent[]> =>
  lastValueFrom(
    compare({ small: builtIn(small) }, { cells, seeds: [1], jobs: 1, out, ...options }).pipe(toArray()),
  );
const trained = await studied({});
const names = ["", "bits=32.32.32,"].map(
  (bits) => `${bits}epochs=2,batch=16,limit=160,test-limit=40${version},seed=1`,
);
const [quantized, float] = names.map((name) => join(out, name)) as [string, string];

const args = [
  ...["compare", ...smallArgs, "--cell", "bits=8/8/8", "--cell", "bits=32/32/32", "--cell", "bits=4/4/4"],
  ...["--seeds", "2", "--out", out, "--only-finished"],
];

const held = () => readdirSync(out).map((name) => [name, statSync(join(out, name)).mtimeMs]);

test("runs that have ended are told as they were, nothing is trained or written, and others may work there", async () => {
  const before = held();
  const { release } = await ownDirectory(out);
  const events = await studied({ onlyFinished: true, seeds: [1, 2] });
  release();
  assert.equal(held(), before);
  const [study, ...rest] = events;
  assert.equal(study, { event: "study", out, cells: 2, runs: 4, finished: 2, jobs: 0 });
  assert.equal(rest.at(-1), { event: "compared", done: 2, failed: 0, left: 2, out });
  const cellsOf = (all: readonly CompareEvent[]) => all.filter(({ event }) => event === "cell");
  assert.equal(cellsOf(events), cellsOf(trained));
});

test("on the command line tables have the cells of which a run has ended, and say how many have not", async () => {
  const page = join(home, "page.md");
  const { out: text, code } = await answerTo([...args, "--markdown", page]);
  assert.is(code, 0);
  assert.match(text, /2 of 6 runs have finished; cells without any: 1 of 3\n$/);
  assert.match(text, /^8\/8\/8 /m);
  assert.not.match(text, /^4\/4\/4 /m);
  const written = readFileSync(page, "utf8");
  assert.match(written, /^2 of 6 runs have ended; cells of which none has are left out\.$/m);
  assert.match(written, /^npx rangeflow compare .*--seeds 2 .*--cell bits=4\/4\/4$/m);
  assert.not.match(written, /--only-finished|--out/);
  assert.match(written, /^\| 32\/32\/32 \|/m);
  // Bytes by role, and behind them the same of each cell.
  assert.match(
    written,
    /^\| gradient \| 5 \| 0 \| 1 \|[\s\S]*<details>[\s\S]*^\| 8\/8\/8 \| gradient \|[\s\S]*<\/details>/m,
  );
  assert.not.match(written, /^\| 4\/4\/4 \|/m);
});

test("a baseline of which no run has ended is named on the command line and in a page, although it has no row", async () => {
  const page = join(home, "page.md");
  const cells = ["4/4/4", "8/8/8", "32/32/32"].flatMap((bits) => ["--cell", `bits=${bits}`]);
  const { out: text } = await answerTo([
    ...["compare", ...smallArgs, ...cells, "--seeds", "1", "--out", out, "--only-finished"],
    ...["--markdown", page],
  ]);
  for (const told of [text, readFileSync(page, "utf8")]) {
    assert.match(
      told,
      /^Nothing is compared with the first cell, bits 4\/4\/4: none of its runs has finished\./m,
    );
    assert.not.match(told, /^\|? ?4\/4\/4 /m);
  }
});

test("a report of a study takes groups, counterparts and a margin, and says what it cannot make of them", async () => {
  const page = join(home, "page.html");
  const report = ["report", out, "--out", page];
  const { out: text, code } = await answerTo([
    ...report,
    "--within",
    "model",
    "--against",
    "bits=32/32/32",
    "--margin",
    "2",
  ]);
  assert.equal([text.split(",")[0], code], [`${page}: 2 runs`, 0]);
  for (const [option, value, expected] of [
    ["--within", "modell", /^--within: "modell", expected model\./m],
    ["--margin", "0", /^--margin: "0", expected a number above 0/m],
    [
      ...(["--against", "gradient-range=inHindsight:foo=1"] as const),
      /^--against gradient-range: option "foo" of inHindsight, expected /m,
    ],
  ] as const) {
    const { err, code: failed } = await answerTo([...report, option, value]);
    assert.is(failed, 2);
    assert.match(err, expected);
  }
});

test("a directory in which no run of the study has ended is refused", async () => {
  const { err, code } = await answerTo([...args, "--lr", "0.5"]);
  assert.is(code, 2);
  assert.match(
    err,
    /no finished run of this study in .*study, but \d of other settings or data, expected the directory of its runs/,
  );
});

test("all runs of a study are verified one by one, and counted: also one without ranges, and one that has not ended", async () => {
  const stopped = join(out, "stopped");
  await stoppedAfter(5, stopped);
  const sites = new Set(rowsIn(quantized).map(({ site }) => site)).size;
  const { out: text, code } = await answerTo(["replay", out, "--verify"]);
  rmSync(stopped, { recursive: true });
  assert.is(code, 0);
  const lines = text.trimEnd().split("\n");
  const ranges = 20 * sites;
  assert.equal(lines.slice(0, 2), [
    `${names[1]}: verified: 0 ranges at 0 sites replay to the bit`,
    `${names[0]}: verified: ${ranges} ranges at ${sites} sites replay to the bit`,
  ]);
  assert.match(lines[2]!, /^stopped: verified up to step 5: .*; the run has not ended$/);
  const more = 5 * sites;
  assert.is(
    lines[3],
    `verified 3 of 3 runs, of which 1 has not ended: ${ranges + more} ranges at ${2 * sites} sites replay to the bit`,
  );
});

test("a run that cannot be verified is told with the reason, the others are, and the exit code is 2", async () => {
  const folder = join(quantized, "ranges");
  const [segment] = readdirSync(folder);
  const path = join(folder, segment!);
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length / 2));
  const { out: text, code } = await answerTo(["replay", out, "--verify", "--json"]);
  writeFileSync(path, whole);
  assert.is(code, 2);
  const events = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(
    events.map(({ event, run }) => [event, run]),
    [
      ["verified", names[1]],
      ["unverified", names[0]],
      ["verifiedStudy", undefined],
    ],
  );
  assert.ok(events[1].message.length > 0);
  assert.equal([events[2].runs, events[2].verified], [2, 1]);
  assert.ok(float.endsWith(names[1]!));
});

test.run();
