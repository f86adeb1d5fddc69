/** @file What a run was is told alike for experiments from files, from code and built in, also of runs that have saved less of it. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { quantizeNetwork } from "../../../operators/sites/quantizeNetwork.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { encodeSealed } from "../../../pipelines/files/sealedJson.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { runIdOf } from "../../../pipelines/runs/identity.ts";
import { loadRun, saveRun } from "../../../pipelines/runs/runDirectory.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { differingFacts } from "../../../pipelines/views/pairedDifferences.ts";
import { scratch } from "../files/scratch.ts";
import { trainOwn, withoutOutline } from "../ownRuns.ts";
import { answerTo, eventsOf, small, stopsAfter } from "../runs.ts";

const test = suite("runs/outline");
const home = scratch();
const earlier = scratch();
const names = ["file", "code", "builtIn"] as const;

test.before(async () => {
  await trainOwn(home);
  for (const name of names) {
    cpSync(join(home, name), join(earlier, name), { recursive: true });
    withoutOutline(join(earlier, name));
  }
});

const factsIn = (dir: string, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(readRunView(join(dir, name)).facts);

const listedIn = async (
  dir: string,
): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> => {
  const { out } = await answerTo(["list", dir, "--json"]);
  const lines = out.split("\n").filter(Boolean);
  const runs = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(runs.map((run) => [String(run.dir).slice(dir.length + 1), run]));
};

/** What is known of the experiment of both kinds: 784 * 8 + 8, 8 * 8 + 8 and 8 * 10 + 10 parameters. */
const quantization = {
  ...{ bits: "4/8/8", "first bits": "4/8/32", "bits at": "two/weight=6" },
  ...{ "weight range": "currentMinMax", "activation range": "inHindsight" },
  "gradient range": "inHindsight:decay=0.8",
};
const shared = {
  ...{ parameters: "6442", layers: "3", loss: "crossEntropy" },
  ...{ data: "glyphs", input: "28x28x1", classes: "10", "training samples": "160", "test samples": "40" },
  ...quantization,
  ...{ batch: "16", epochs: "2", seed: "1" },
  optimizer: "sgd:momentum=0.9,weightDecay=0.0001",
  ...{ "learning rate": "0.02", schedule: "cosine:rate=0.02" },
};

const part = (facts: Readonly<Record<string, string>>, of: object): object =>
  Object.fromEntries(Object.keys(of).map((name) => [name, facts[name]]));

test("the facts of an experiment from a file and from code are the same, but for where it is from", () => {
  assert.equal(part(factsIn(home, "file"), shared), shared);
  assert.equal(part(factsIn(home, "code"), shared), shared);
  assert.match(factsIn(home, "file").experiment!, /own\.ts$/);
  assert.is(factsIn(home, "file").width, "8");
  assert.is(factsIn(home, "code").experiment, "from code");
});

test("a built-in experiment has a fact of each of these names, unless its sites are all quantized alike", () => {
  const { "first bits": _, "bits at": __, ...others } = shared;
  const facts = factsIn(home, "builtIn");
  assert.equal(
    Object.keys(others).filter((name) => facts[name] === undefined),
    [],
  );
  assert.equal([facts.experiment, facts.network, facts.bits], ["built in", "lenet5", "8/8/8"]);
  assert.is(facts.optimizer, shared.optimizer);
});

test("beside each other, a blank says that there is no such thing, and not that it is not known", () => {
  const views = names.map((name) => readRunView(join(home, name), name));
  const differing = differingFacts(views);
  const blank = differing.filter(([, values]) => values.includes("")).map(([name]) => name);
  const ofBuiltIn = ["network", "limit", "test limit", "engine", "threads"];
  assert.equal(blank.toSorted(), ["first bits", "bits at", "width", ...ofBuiltIn].toSorted());
});

test("list tells experiment and quantization of each kind, and reads no recording", async () => {
  const { file, code, builtIn } = await listedIn(home);
  const own = "4/8/8 currentMinMax/inHindsight/inHindsight:decay=0.8 first-bits=4/8/32 bits-at=two/weight=6";
  assert.equal([file!.experiment, file!.quantization, file!.seed], ["own.ts width=8 on glyphs", own, 1]);
  assert.equal([code!.experiment, code!.quantization, code!.seed], ["3 layers on glyphs", own, 1]);
  assert.equal(
    [builtIn!.experiment, builtIn!.quantization],
    ["lenet5 on glyphs", "8/8/8 currentMinMax/inHindsight/inHindsight"],
  );
});

test("of a run that has saved no outline, the recording tells how it was quantized", () => {
  for (const name of ["file", "code"]) assert.equal(part(factsIn(earlier, name), quantization), quantization);
  const { bits, batch, epochs, seed, ...facts } = factsIn(earlier, "file");
  assert.equal([bits, batch, epochs, seed], ["4/8/8", "16", "2", "1"]);
  for (const unknown of ["parameters", "layers", "data", "input", "classes", "optimizer", "learning rate"])
    assert.is(facts[unknown], undefined, unknown);
  const code = factsIn(earlier, "code");
  assert.equal(
    [code.parameters, code.layers, code.optimizer, code.schedule, code.data],
    ["6442", "3", shared.optimizer, shared.schedule, undefined],
  );
  const builtIn = factsIn(earlier, "builtIn");
  const now = factsIn(home, "builtIn");
  for (const name of [...Object.keys(quantization), "optimizer", "schedule", "learning rate", "batch"])
    assert.is(builtIn[name], now[name], name);
});

test("list leaves blank what it does not know of such a run", async () => {
  const { file, code, builtIn } = await listedIn(earlier);
  assert.equal([file!.experiment, file!.quantization], ["own.ts width=8", ""]);
  assert.equal([code!.experiment, code!.quantization], ["3 layers", ""]);
  assert.is(builtIn!.experiment, "lenet5 on glyphs");
});

test("the outline is no part of the identity, and stands in checkpoint and record alike", () => {
  for (const name of names) {
    const record = doneRecordIn(join(home, name))!;
    const saved = loadRun(join(home, name));
    assert.equal(record.outline, saved.outline);
    assert.is(runIdOf(record.identity), runIdOf(doneRecordIn(join(earlier, name))!.identity));
    assert.not.match(JSON.stringify(record.identity), /outline/);
  }
});

test("rules within the network are told, as those of the experiment are", async () => {
  const network = sequential(
    flatten(),
    quantized(dense)("one", { units: 8 }),
    relu(),
    quantized(dense)("two", { units: 10 }),
  );
  const own = experiment({
    network: quantizeNetwork(network, [{ weight: { bits: 4 } }, { gradient: { bits: 6 } }]),
    ...{ data: glyphs({ train: 32, test: 16 }), loss: crossEntropy(), batch: 16, epochs: 1 },
  });
  const out = join(home, "within");
  await lastValueFrom(train(own, { out, engine: "reference" }));
  assert.is(factsIn(home, "within").bits, "4/8/6");
});

test("an outline that a later version has written in another way is none, and hides nothing else", () => {
  const dir = join(earlier, "file");
  const { sha256: _, ...record } = JSON.parse(readFileSync(join(dir, "done.json"), "utf8"));
  writeFileSync(join(dir, "done.json"), encodeSealed({ ...record, outline: { parameters: "many" } }));
  const { outline, done } = doneRecordIn(dir)!;
  assert.is(outline, undefined);
  assert.equal(done, { ...record.done, out: dir });
});

test("a run that an earlier version began has an outline once it goes on", async () => {
  const out = join(scratch(), "stopped");
  await eventsOf(small, { out, ...stopsAfter(15) });
  const { outline, ...saved } = loadRun(out);
  saveRun(out, saved);
  assert.is(loadRun(out).outline, undefined);
  await eventsOf({}, { out, resume: true });
  assert.equal(doneRecordIn(out)!.outline, outline);
});

test.run();
