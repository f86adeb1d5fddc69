/** @file Options that would do nothing beside the others are refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeflow as answered } from "../../../pipelines/cli/rangeflow.ts";

const test = suite("options in vain");

for (const [line, sentence] of [
  ["train --trust", /^--trust: used without --resume, expected only with --resume; leave it out\.$/],
  ["replay run --trust", /^--trust: used without --verify, expected only with --verify/],
  ["replay run --verify --site *", /^--site: used with --verify, expected all sites of the run/],
  [
    "replay run --verify --estimator lbt",
    /^--estimator: lbt with --verify, expected a file of the run, named again; leave it out/,
  ],
  [
    "train --bits-at cnv1/*=4 --limit 64",
    /^--bits-at: "cnv1\/\*=4", which matches no site, .* nearest are conv1/,
  ],
  ["train --width 0.5 --limit 64", /^--width: 0\.5, which has no effect in this run/],
] as const)
  test(line, async () => {
    let err = "";
    const terminal = { out: () => {}, err: (text: string) => (err += text), draw: () => {} };
    assert.is(await answered(line.split(" "), terminal), 2);
    assert.match(err.trim(), sentence);
  });

test.run();
