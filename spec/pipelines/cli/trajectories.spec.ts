/** @file `rangeflow replay --trajectories` and `--tolerance`, on a recorded run. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { close } from "../../support/close.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, rowsIn, smallArgs } from "../runs.ts";

const test = suite("replay --trajectories");
const home = scratch();
const run = join(home, "run");

test.before(async () => {
  assert.is((await answerTo(["train", ...smallArgs, "--out", run])).code, 0);
});

/** JSON events of a command. */
const eventsIn = (out: string): readonly Readonly<Record<string, unknown>>[] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("without estimators they are the ranges of the run, beside the table of what they come to", async () => {
  const file = join(home, "own.jsonl");
  const { code, out } = await answerTo(["replay", run, "--trajectories", file]);
  assert.is(code, 0);
  assert.match(out, /^site {2,}role .* mean error {2}p95 error\n/);
  const observed = rowsIn(run).filter(({ verdict }) => verdict === "observed");
  const key = (row: { readonly site: unknown; readonly step: unknown }): string => `${row.site} ${row.step}`;
  const bySite = new Map(observed.map((row) => [key(row), row]));
  const rows = eventsIn(readFileSync(file, "utf8"));
  assert.is(rows.length, observed.length);
  for (const row of rows) {
    const { stat, range, isStatic, estimator } = bySite.get(key(row as never))!;
    const { min, max, lo, hi, isStatic: was, estimator: by } = row;
    assert.equal([min, max, lo, hi, was, by], [stat.min, stat.max, range.lo, range.hi, isStatic, estimator]);
  }
});

test("what the table tells are means of the rows; the tolerance holds for both, and stands below the table", async () => {
  const file = join(home, "gradients.jsonl");
  const asked = ["replay", run, "--site", "*/gradient", "--estimator", "inHindsight", "--tolerance", "2"];
  const { out } = await answerTo([...asked, "--trajectories", file, "--json"]);
  const rows = eventsIn(readFileSync(file, "utf8"));
  for (const { site, steps, clippedSteps, meanError, tolerance } of eventsIn(out)) {
    const of = rows.filter((row) => row.site === site);
    const clipped = of.filter(({ clipped }) => clipped).length;
    const error = of.reduce((sum, { error }) => sum + (error as number), 0);
    assert.equal([of.length, clipped / of.length, error / of.length], [steps, clippedSteps, meanError]);
    assert.is(tolerance, 2);
  }
  const shares = await Promise.all(
    ["0", "1000"].map(async (tolerance) => {
      const { out } = await answerTo([...asked.slice(0, -1), tolerance, "--json"]);
      return eventsIn(out).reduce((sum, { clippedSteps }) => sum + (clippedSteps as number), 0);
    }),
  );
  assert.ok(shares[0]! > 0);
  assert.is(shares[1], 0);
  assert.match(
    (await answerTo(asked)).out,
    /exceed the outermost levels of their grid by more than\n2 steps of the grid /,
  );
});

test("ratios are those of the rounding that is asked for; that of the run's own gradients is what it has measured", async () => {
  const measured = join(home, "measured");
  const every = ["--sqnr-every", "1", "--histogram-every", "1", "--bits", "8/8/4"];
  assert.is((await answerTo(["train", ...smallArgs, ...every, "--out", measured])).code, 0);
  const asked = ["replay", measured, "--site", "*/gradient"];
  const ratios = async (...how: readonly string[]) => {
    const rows = eventsIn((await answerTo([...asked, ...how, "--json"])).out);
    return new Map(rows.map(({ site, sqnr }) => [site as string, sqnr as number]));
  };
  const [nearest, stochastic] = [await ratios(), await ratios("--rounding", "stochastic")];
  assert.equal(await ratios("--rounding", "nearest"), nearest);
  const own = eventsIn(readFileSync(join(measured, "events.jsonl"), "utf8")).filter(
    ({ event }) => event === "sqnr",
  );
  for (const [site, ratio] of stochastic) {
    const of = own.filter((one) => one.site === site).map(({ sqnr }) => sqnr as number);
    close(ratio, of.reduce((sum, one) => sum + one, 0) / of.length, 0.5, site);
    assert.ok(nearest.get(site)! > ratio + 2, site);
  }
  assert.match(
    (await answerTo([...asked, "--rounding", "stochastic"])).out,
    /^rounded stochastically \(--rounding\)/m,
  );
});

test("what cannot be is refused before anything is read or written", async () => {
  for (const [args, sentence] of [
    [
      ["--trajectories", "a.txt"],
      /^a\.txt: a name that ends with \.txt, expected one that ends with \.arrow, /,
    ],
    [
      ["--trajectories", join(run, "ranges", "t.arrows")],
      /^--trajectories: .+ among the segments of the recording, expected a file elsewhere\.$/m,
    ],
    [
      ["--trajectories", "a.csv", "--verify"],
      /^--trajectories: used with --verify, expected the run's own ranges, /,
    ],
    [
      ["--tolerance", "-1"],
      /^--tolerance: "-1", expected a number of steps of the grid, 0 or more; the default is 0\.5\.$/m,
    ],
    [["--rounding", "up"], /^--rounding: "up", expected nearest or stochastic\.$/m],
    [["--rounding", "stochastic", "--verify"], /^--rounding: used with --verify, expected ranges that are/],
    [["--tolerance", "half"], /^--tolerance: "half", expected a number/],
    [
      ["--tolerance", "1", "--verify"],
      /^--tolerance: used with --verify, expected ranges that are equal to the bit; /,
    ],
  ] as const) {
    const { code, err } = await answerTo(["replay", run, ...args]);
    assert.is(code, 2, args.join(" "));
    assert.match(err, sentence);
  }
  assert.equal(readdirSync(join(run, "ranges")), ["000000.arrows", "000000.sums"]);
});

test("a replay that fails leaves no file", async () => {
  const file = join(home, "none.csv");
  const { code, err } = await answerTo(["replay", run, "--site", "nowhere/*", "--trajectories", file]);
  assert.is(code, 2);
  assert.match(err, /^--site: no site matches "nowhere\/\*"/);
  assert.is(existsSync(file), false);
  assert.equal(
    readdirSync(home).filter((name) => name.endsWith(".partial")),
    [],
  );
});

test.run();
