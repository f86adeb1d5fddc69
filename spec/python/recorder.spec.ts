/** @file `python/rangeflow_record.py`: what it records of networks in PyTorch is read here; left out where PyTorch or pyarrow is missing. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../core/signal.ts";
import { importInfoIn } from "../../pipelines/files/importInfo.ts";
import { readRecording } from "../../pipelines/files/recording.ts";
import { scratch } from "../pipelines/files/scratch.ts";
import { answerTo } from "../pipelines/runs.ts";
import { close } from "../support/close.ts";

/** A row as the script expects it; numbers that JSON does not have are texts. */
interface Row {
  readonly step: number;
  readonly site: string;
  readonly role: string;
  readonly verdict: string;
  readonly min: number | string;
  readonly max: number | string;
  readonly count: number;
  readonly nonFinite: number;
  readonly mean?: number;
  readonly std?: number;
}

interface Case {
  readonly rows?: readonly Row[];
  readonly shas?: readonly string[];
  readonly hooks?: number;
  readonly same?: readonly boolean[];
  readonly codes?: readonly number[];
  readonly sentences?: readonly string[];
  readonly failures?: readonly string[];
  readonly left?: boolean;
  readonly tried?: readonly number[];
  readonly warnings?: readonly (readonly string[])[];
  readonly about?: Readonly<Record<string, unknown>>;
}

const test = suite("the recorder of PyTorch");
const home = scratch();
const script = "spec/python/recorderCases.py";

const { status, stdout, stderr } = spawnSync("python3", ["-W", "ignore", script, home], {
  encoding: "utf8",
  maxBuffer: 2 ** 26,
});
const isMissing = status !== 0 && spawnSync("python3", ["-c", "import torch, pyarrow"]).status !== 0;
if (isMissing) console.log("  PyTorch or pyarrow cannot be loaded (pip install torch==2.13.0 pyarrow)");
const law = isMissing ? test.skip : test;

const cases: Readonly<Record<string, Case>> = status === 0 ? JSON.parse(stdout) : {};
/** What the script has found in a case; nothing in one that it does not have. */
const caseOf = (name: string): Case => cases[name] ?? {};

const recordedIn = (...path: readonly string[]): readonly RangeSeen[] => [
  ...readRecording(join(home, ...path, "ranges")).rows(),
];

const numberOf = (value: number | string): number =>
  typeof value === "number" ? value : Number(value.replace("inf", "Infinity"));

/** Rows in one order, since gradients come when they come. */
const ordered = <T extends Pick<Row, "step" | "site">>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => a.step - b.step || (a.site < b.site ? -1 : Number(a.site > b.site)));

/** Fails unless a recording has these rows: ends and counts are the same, moments as near as the recorder promises. */
const sameRows = (found: readonly RangeSeen[], expected: readonly Row[]): void => {
  const at = ({ step, site, role, verdict }: Pick<Row, "step" | "site" | "role" | "verdict">) =>
    `${step} ${site} ${role} ${verdict}`;
  assert.equal(ordered(found).map(at), ordered(expected).map(at));
  for (const [i, seen] of ordered(found).entries()) {
    const { min, max, count, nonFinite, mean, std, ...place } = ordered(expected)[i] as Row;
    const where = at(place);
    const { stat, measured } = seen;
    assert.equal(
      [stat.min, stat.max, stat.count, stat.nonFinite],
      [numberOf(min), numberOf(max), count, nonFinite],
      where,
    );
    assert.is(mean === undefined, measured?.mean === undefined, where);
    if (mean === undefined || std === undefined) continue;
    close(measured?.mean?.[0] as number, mean, 1e-6 * std, where);
    close(measured?.std?.[0] as number, std, 1e-6 * std, where);
  }
};

law("the script that records them runs", () => assert.is(status, 0, stderr));

for (const [name, title] of [
  ["plain", "weights, inputs and gradients of three steps"],
  [
    "outputs_and_weight_gradients",
    "outputs and gradients of weights, if they are asked for, of the modules that are chosen",
  ],
  ["twice_in_a_step", "a module that is used twice in each of two passes has one row"],
  ["checkpoint_reentrant", "a pass that a reentrant checkpoint repeats counts once"],
  ["checkpoint_not_reentrant", "a pass that another checkpoint repeats counts once"],
  ["evaluation_is_left_out", "passes in evaluation mode or without gradients are left out"],
  ["evaluation_if_asked", "they are recorded if asked for"],
  ["half_precision", "half precision by autocast, and gradients divided by the scale of their loss"],
  ["attention", "attention, whose inputs are one tensor or several"],
  ["tuples_and_indexes", "modules that give several tensors; whole numbers are left out"],
  ["odd_tensors", "tensors that are empty, zero, not finite, far from 0, tiny, or with gaps in memory"],
  ["weights_that_are_computed", "weights with a norm of their own, which no further reading changes"],
  ["every_second_step", "every second step, without moments"],
  ["resumed", "training that goes on from an earlier step: what that supersedes does not count"],
  ["on_a_full_disk", "what was written before a disk is full"],
  ["copies_record_nothing", "copies and pickles of the model record nothing"],
  ["inside_of_data_parallel", "the module inside of DataParallel has the names"],
  ["model_within", "a whole model beside a module of it that is called model"],
] as const)
  law(title, () => {
    const { rows = [] } = caseOf(name);
    assert.ok(rows.length > 0);
    sameRows(recordedIn(name), rows);
  });

law("recording changes no bit of training, and leaves no hook behind", () => {
  const { shas = [], hooks } = caseOf("plain");
  assert.is(shas.length, 2);
  assert.is(shas[0], shas[1]);
  assert.is(hooks, 0);
});

law("a disk that is full fails the step, and every later one", () =>
  assert.equal(caseOf("on_a_full_disk").failures, ["OSError", "OSError", "OSError"]),
);

law("histograms have all elements, between the ends; where none is wanted there is none", () => {
  for (const [name, isTaken] of [
    ["plain", () => true],
    ["half_precision", () => true],
    ["every_second_step", (step: number) => step === 12],
    ["twice_in_a_step", () => false],
  ] as const)
    for (const { step, stat, histogram } of recordedIn(name)) {
      assert.is(histogram !== undefined, isTaken(step), `${name}, step ${step}`);
      if (histogram === undefined) continue;
      const { values, counts = new Uint32Array() } = histogram;
      assert.is(
        counts.reduce((sum, count) => sum + count, 0),
        stat.count,
      );
      assert.equal([values[0], values.at(-1)], [stat.min, stat.max].map(Math.fround));
    }
});

law("eight estimators replay what was recorded", async () => {
  const names = ["currentMinMax", "runningMinMax", "inHindsight", "delayedScaling"];
  const others = ["frozen:tensors=2", "lbtHindsight", "meanSquaredError", "percentile"];
  const asked = [...names, ...others].flatMap((name) => ["--estimator", name]);
  const { code, out, err } = await answerTo([
    "replay",
    join(home, "plain"),
    "--bits",
    "8",
    "--json",
    ...asked,
  ]);
  assert.is(code, 0, err);
  const rows = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; site: string; estimator: string; sqnr?: number })
    .filter(({ event }) => event === "replay");
  assert.is(rows.length, 9 * 8);
  assert.is(new Set(rows.map(({ estimator }) => estimator)).size, 8);
  for (const { site, estimator, sqnr = 0 } of rows)
    assert.ok(sqnr > 0, `${estimator} at ${site}: ${sqnr} dB`);
});

law("what is seen on a device is what is seen in memory", () => {
  const { same = [] } = caseOf("numbers_of_a_device");
  assert.ok(same.length > 20 && same.every((is) => is), JSON.stringify(same));
});

law("each of two processes has a directory of its own, and says which it is", () => {
  assert.equal(caseOf("two_processes").codes, [0, 0]);
  for (const rank of [0, 1]) {
    const rows = recordedIn("two_processes", `rank${rank}`);
    assert.equal(
      rows.map(({ site, stat }) => [site, stat.min]),
      [["0/input", 1 + rank]],
    );
    assert.equal(
      rows.map(({ foreign }) => foreign?.rank),
      [rank],
    );
  }
});

law("what cannot be recorded is refused in a sentence, and nothing is written", () => {
  const { sentences = [], left } = caseOf("refused");
  assert.is(sentences.length, 16);
  for (const sentence of sentences) assert.match(sentence, /^[^\n]+, expected [^\n]+$/);
  assert.match(sentences[0] ?? "", /^DIR: it has a recording/);
  assert.match(sentences[10] ?? "", "model: compiled");
  assert.match(sentences[14] ?? "", "modules: 'a.b' and 'a/b', both of which would be a/b, expected");
  assert.match(sentences[15] ?? "", "k/input/weight: activation of k and weight of k/input, expected");
  assert.is(left, false);
});

law("a model that does not train, and a step that is not ended, are warned of", () => {
  const { warnings = [], about = {} } = caseOf("warned");
  assert.is(warnings[0]?.length, 1);
  assert.match(warnings[0]?.[0] ?? "", "nothing was recorded");
  assert.equal(warnings[1], ["2 tensors that came after the last step() are not recorded"]);
  assert.equal([about.rows, about.sites, about.neverRan], [2, 2, ["1"]]);
});

law("import.json says where the recording comes from", () => {
  const info = importInfoIn(join(home, "plain"));
  assert.equal([info?.format, info?.rows, info?.sites], ["rangeflow_record", 27, 9]);
  assert.match(info?.by ?? "", /^rangeflow_record\.py, torch \d/);
  assert.is(info?.options?.histogram_every, 1);
});

law("what docstrings and docs/pytorch-recorder.md show runs", () => {
  const [failed, tried = 0] = caseOf("documented").tried ?? [];
  assert.is(failed, 0);
  assert.ok(tried >= 2);
  for (const shown of ["docstrings", "page"]) {
    const rows = recordedIn("documented", shown, "runs", "mine");
    assert.equal(rows.map(({ site, step }) => `${step} ${site}`).slice(3), [
      "1 0/input",
      "1 0/weight",
      "1 0/gradient",
    ]);
  }
});

law("the examples in python/ record the sites of their networks", () => {
  const sitesOf = (name: string) => [...new Set(recordedIn("examples", name).map(({ site }) => site))];
  const layers = ["conv1", "conv2", "conv3", "dense"];
  const expected = layers.flatMap((layer) => ["gradient", "input", "weight"].map((of) => `${layer}/${of}`));
  for (const name of ["cnn", "cnn_on_mnist"]) assert.equal(sitesOf(name).toSorted(), expected);
  assert.is(sitesOf("transformer").length, 23);
  const inputs = recordedIn("examples", "cnn_on_mnist").filter(({ site }) => site === "conv1/input");
  assert.equal(
    inputs.map(({ stat }) => [stat.min, stat.max, stat.count]),
    Array(3).fill([0, 1, 8 * 784]),
  );
});

const killed = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
};

law("it can be read while it goes on, and when its process was killed", async () => {
  const child = spawn("python3", ["-W", "ignore", script, home, "--until-killed"], { stdio: "ignore" });
  try {
    const began = Date.now();
    const isThere = (): boolean =>
      existsSync(join(home, "killed", "import.json")) && recordedIn("killed").length > 0;
    while (!isThere()) {
      assert.ok(Date.now() - began < 60_000, "no rows in a minute");
      await setTimeout(100);
    }
  } finally {
    await killed(child);
  }
  const rows = recordedIn("killed");
  // Whole steps of nine sites; a piece is written when some thousand rows wait, or two seconds are over.
  assert.is(rows.length % 9, 0);
  assert.is(rows.at(-1)?.step, rows.length / 9 - 1);
});

test.run();
