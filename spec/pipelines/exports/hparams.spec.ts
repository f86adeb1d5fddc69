/** @file Hyperparameters of runs in TensorBoard's HPARAMS tab: what a run has, how it is written, and what TensorBoard reads. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasFailed } from "../../../pipelines/exports/exportRunEvents.ts";
import { exportTensorBoard } from "../../../pipelines/exports/exportTensorBoard.ts";
import { hparamsEvent, type SessionEnd } from "../../../pipelines/exports/hparamsEvent.ts";
import { type Hparams, hparamColumns, runHparams } from "../../../pipelines/exports/runHparams.ts";
import type { SavedFacts } from "../../../pipelines/runs/knownOutline.ts";
import { listedRun } from "../../../pipelines/runs/listedRun.ts";
import { python, scratch, sentenceOf } from "../files/scratch.ts";
import { answerTo, doneOf, small, stoppedAfter } from "../runs.ts";

const test = suite("hyperparameters for TensorBoard");
const home = scratch();
const runs = join(home, "runs");
const four = join(runs, "nested", "four");
await doneOf({ ...small, seed: 2 }, { out: join(runs, "eight") });
await doneOf({ ...small, bits: "4/4/4", firstBits: "8/8/8" }, { out: four });

const savedIn = (dir: string): SavedFacts => listedRun(dir).saved as SavedFacts;

test("a built-in experiment has the facts of its outline and the settings that differ from the defaults", () => {
  assert.equal(
    [...runHparams(savedIn(four))],
    [
      ["recipe", "none"],
      ["experiment", "lenet5"],
      ["data", "glyphs"],
      ["bits", "4/4/4"],
      ["firstBits", "8/8/8"],
      ["weightRange", "currentMinMax"],
      ["activationRange", "inHindsight"],
      ["gradientRange", "inHindsight"],
      ["loss", "crossEntropy"],
      ["optimizer", "sgd:momentum=0.9,weightDecay=0.0001,nesterov=false"],
      ["schedule", "cosine:rate=0.02"],
      ["learningRate", 0.02],
      ["batch", 16],
      ["epochs", 2],
      ["seed", 1],
      ["limit", 160],
      ["testLimit", 40],
    ],
  );
});

test("a run without a step, which is left out, is no column either", async () => {
  const [all, empty] = [join(home, "withEmpty"), join(home, "withEmpty", "empty")];
  cpSync(join(runs, "eight"), join(all, "eight"), { recursive: true });
  await stoppedAfter(0, empty, { ...small, firstBits: "4/4/4" });
  const { withoutSteps } = exportTensorBoard(all, join(home, "some-logs"));
  assert.equal(withoutSteps, [empty]);
  const [file] = readdirSync(join(home, "some-logs", "eight"));
  const bytes = readFileSync(join(home, "some-logs", "eight", file!), "latin1");
  assert.ok(bytes.includes("gradientRange") && !bytes.includes("firstBits"));
});

test("an experiment of a file has its options; one with the name of a fact but another value keeps both", async () => {
  const [file, run] = [join(home, "mine.ts"), join(home, "ofFile")];
  writeFileSync(
    file,
    `import { crossEntropy, dense, experiment, flatten, glyphs, quantized, sequential } from "rangeflow";
export default { options: {
  units: { type: "integer", default: 10, help: "classes" },
  loss: { type: "text", default: "plain", help: "a name of an own" },
}, make: ({ units }) => experiment({
  network: sequential(flatten(), quantized(dense)("output", { units })),
  data: glyphs({ train: 64, test: 16 }), loss: crossEntropy(), batch: 16, epochs: 1,
}) };`,
  );
  const trained = await answerTo([
    ...["train", file, "--loss", "odd", "--seed", "4"],
    ...["--engine", "simd", "--threads", "1", "--out", run],
  ]);
  assert.is(trained.code, 0, trained.err);
  const hparams = runHparams(savedIn(run));
  const of = (...names: readonly string[]) => names.map((name) => hparams.get(name));
  assert.equal(of("loss", "option.loss", "units", "seed"), ["crossEntropy", "odd", 10, 4]);
  assert.not.ok([...hparams.values()].some((value) => String(value).includes(file)));
});

const hparams = (entries: Readonly<Record<string, string | number | boolean>>): Hparams =>
  new Map(Object.entries(entries));

test("columns are what some run has, with a type for all values, and whether runs differ", () => {
  const columns = hparamColumns([
    hparams({ bits: "8/8/8", seed: 1, wide: true, levels: 4 }),
    hparams({ bits: "8/8/8", seed: 2, wide: true, levels: "auto", more: 1 }),
  ]);
  assert.equal(
    columns.map(({ name, type, differs }) => [name, type, differs]),
    [
      ["bits", "string", false],
      ["seed", "number", true],
      ["wide", "boolean", false],
      ["levels", "string", true],
      ["more", "number", true],
    ],
  );
});

test("numbers in a column of texts are told by their text", () => {
  const [column] = hparamColumns([hparams({ levels: 4 }), hparams({ levels: "4" })]);
  assert.equal(column, { name: "levels", type: "string", differs: false });
});

test("an optimizer and a schedule are told once, with their options", async () => {
  const out = join(home, "adamW");
  await doneOf({ ...small, optimizer: "adamW", lr: 0.001, schedule: "constant", epochs: 1 }, { out });
  const told = runHparams(savedIn(out));
  assert.equal(
    [...told].filter(([name]) => /optimizer|schedule/.test(name)),
    [
      ["optimizer", "adamW:momentum=0.9,weightDecay=0.0001"],
      ["schedule", "constant:rate=0.001"],
    ],
  );
});

test("messages have the bytes that TensorBoard's own classes write", () => {
  const columns = [
    { name: "bits", type: "string", differs: true },
    { name: "seed", type: "number", differs: false },
    { name: "wide", type: "boolean", differs: false },
  ] as const;
  const written = (values: Hparams, how?: SessionEnd) =>
    hparamsEvent(7, {
      ...{ hparams: values, columns, metrics: ["loss/test"], begun: 1.5 },
      ...(how && { end: { how, at: 2.5 } }),
    }).values.map(({ tag, plugin, content = new Uint8Array() }) => [
      ...[tag, plugin],
      Buffer.from(content).toString("hex"),
    ]);
  const experiment = [
    ...["_hparams_/experiment", "hparams"],
    "122f220a0a04626974732001380122080a0473656564200322080a047769646520022a0d0a0b12096c6f73732f74657374",
  ];
  const session = (hex: string) => ["_hparams_/session_start_info", "hparams", hex];
  const end = (status: string) => [
    "_hparams_/session_end_info",
    "hparams",
    `220b08${status}110000000000000440`,
  ];
  assert.equal(written(hparams({ bits: "8/8/8" })), [
    experiment,
    session("1a1a0a0f0a046269747312071a05382f382f3829000000000000f83f"),
  ]);
  assert.equal(written(hparams({ seed: 2 }), "success"), [
    experiment,
    session("1a1c0a110a0473656564120911000000000000004029000000000000f83f"),
    end("01"),
  ]);
  assert.equal(written(hparams({ seed: 2 }), "failure").at(-1), end("02"));
  assert.equal(
    written(hparams({ wide: true }))[1],
    session("1a150a0a0a04776964651202200129000000000000f83f"),
  );
  assert.equal(
    written(hparams({ bits: 8 }))[1],
    session("1a160a0b0a046269747312031a013829000000000000f83f"),
    "a number in a column of texts is a text, since TensorBoard cannot sort both",
  );
});

test("a run that diverged has failed", async () => {
  const dir = join(home, "diverged");
  const wanted = "train --data glyphs --limit 200 --test-limit 50 --epochs 1 --lr 1e30 --bits 32/32/32 --out";
  assert.is.not((await answerTo([...wanted.split(" "), dir])).code, 0);
  assert.is(hasFailed(dir), true);
  assert.is(hasFailed(join(runs, "eight")), false);
  const { runs: written } = exportTensorBoard(dir, join(home, "logsOfDiverged"));
  assert.ok(readFileSync(written[0]!.file).includes(Buffer.from("220b0802", "hex")));
});

test("of a directory, each run below it gets a directory; one without a step is named and left out", async () => {
  const begun = join(runs, "begun");
  await stoppedAfter(0, begun);
  const logs = join(home, "logs");
  const { runs: written, withoutSteps } = exportTensorBoard(runs, logs);
  assert.equal([written.map(({ run }) => run).sort(), withoutSteps], [[join(runs, "eight"), four], [begun]]);
  assert.equal(readdirSync(logs).sort(), ["eight", "nested"]);
  for (const { file } of written) assert.ok(existsSync(file));
  const { code, out } = await answerTo(["export", runs, "--to", "tensorboard", "--out", logs]);
  assert.is(code, 0);
  assert.match(
    out,
    /logs: 2 runs, \d+ scalars and 0 histograms, \d+ bytes; without a step, and left out: begun\n$/,
  );
});

test("a run without an epoch tells the scores of the others, since TensorBoard believes any of them", async () => {
  const some = join(home, "some");
  cpSync(four, join(some, "four"), { recursive: true });
  await stoppedAfter(2, join(some, "stopped"));
  const { runs: written } = exportTensorBoard(some, join(home, "scores"));
  const told = written.map(({ run, file }) => [
    relative(some, run),
    readFileSync(file).includes("accuracy/test"),
  ]);
  assert.equal(told, [
    ["four", true],
    ["stopped", true],
  ]);
});

test("a directory without runs is refused", () => {
  assert.match(
    sentenceOf(() => exportTensorBoard(join(home, "logs"), join(home, "others"))),
    /logs: .*no run/,
  );
  assert.not.ok(existsSync(join(home, "others")));
});

test("TensorBoard shows both runs with their settings and last scores, where it is installed", () => {
  const logs = join(home, "shown");
  exportTensorBoard(runs, logs);
  const printed = python(
    `import json, sys
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
multiplexer = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()
provider = data_provider.MultiplexerDataProvider(multiplexer, sys.argv[1])
backend = backend_context.Context(base_plugin.TBContext(data_provider=provider))
request = RequestContext()
content = backend.hparams_metadata(request, "")
experiment = backend.experiment_from_metadata(request, "", True, content, [])
columns = [info.name for info in experiment.hparam_infos if info.differs]
asked = api_pb2.ListSessionGroupsRequest(slice_size=9, start_index=0, col_params=[
    api_pb2.ColParams(metric=info.name) for info in experiment.metric_infos], allowed_statuses=[1, 0],
    include_metrics=True)
groups = list_session_groups.Handler(request, backend, "", asked).run().session_groups
print(json.dumps([columns, sorted([
    [group.sessions[0].name, group.hparams["bits"].string_value, group.hparams["seed"].number_value,
     {value.name.tag: value.value for value in group.metric_values}] for group in groups])]))`,
    logs,
  );
  if (printed === undefined) {
    console.log("  TensorBoard cannot be loaded: its reading is taken on trust (pip install tensorboard)");
    return;
  }
  const [columns, groups] = JSON.parse(printed) as readonly [
    readonly string[],
    readonly (readonly [string, string, number, Readonly<Record<string, number>>])[],
  ];
  assert.equal(columns, ["bits", "firstBits", "seed"]);
  const scoreOf = (dir: string): number => Math.fround((listedRun(dir).score as { score: number }).score);
  assert.equal(
    groups.map(([name, bits, seed, scores]) => [name, bits, seed, scores["accuracy/test"]]),
    [
      ["eight", "8/8/8", 2, scoreOf(join(runs, "eight"))],
      ["nested/four", "4/4/4", 1, scoreOf(four)],
    ],
  );
});

test.run();
