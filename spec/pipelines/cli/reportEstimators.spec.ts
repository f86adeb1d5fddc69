/** @file `rangeflow report --estimator`: built-in estimators and those of a user's files, replayed for the page. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, smallArgs } from "../runs.ts";

const test = suite("report --estimator");
const home = scratch();
const run = join(home, "run");
const page = join(home, "report.html");
const fold = join(home, "fold.mjs");

/** What the page holds, as text; numbers behind it are bytes. */
const heldIn = (path: string): string => {
  const [, data] = /<script id="runs"[^>]*>([^<]+)</.exec(readFileSync(path, "utf8"))!;
  return gunzipSync(Buffer.from(data!, "base64")).toString("latin1");
};

test.before(async () => {
  assert.is((await answerTo(["train", ...smallArgs, "--out", run])).code, 0);
  writeFileSync(
    fold,
    `import { map } from ${JSON.stringify(import.meta.resolve("rxjs"))};
     export default {
       summary: "a range of its own",
       options: { length: { type: "integer", least: 1, most: 99, default: 9, help: "end of the range" } },
       make: ({ length }) => map(() => ({ lo: -length, hi: length })),
     };`,
  );
});

test("a file with options and a built-in one stand in the page; one that cannot be replayed says why there", async () => {
  const asked = ["--estimator", `${fold}:length=9`, "--estimator", "dsgc:period=1"];
  const { code, out, err } = await answerTo(["report", run, ...asked, "--out", page]);
  assert.is(code, 0, err);
  assert.match(out, /report\.html: 1 run, /);
  const held = heldIn(page);
  assert.ok(held.includes(`"estimator":"${fold}:length=9"`));
  assert.match(held, /"failure":"[^"]*dsgc:period=1 failed: .*record histograms/);
});

test("an estimator that is none, and a patience that is none, are refused before anything is read", async () => {
  const other = join(home, "other.html");
  for (const [asked, sentence] of [
    [["--estimator", "inHindsite"], /^--estimator: .*inHindsite/],
    [["--estimator", `${fold}:size=3`], /^--estimator: .*size/],
    [["--estimator", "dsgc", "--patience", "no"], /^--patience: "no", expected a positive number/],
  ] as const) {
    const { code, err } = await answerTo(["report", run, ...asked, "--out", other]);
    assert.is(code, 2);
    assert.match(err, sentence);
    assert.not(existsSync(other));
  }
});

test.run();
