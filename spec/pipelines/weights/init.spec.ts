/** @file `--init`: a run that begins with the weights of a file is one that its identity knows, resumes without the file, and is judged before training. */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { readCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { newClaim } from "../../../pipelines/runs/claim.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { identityOf, runIdOf } from "../../../pipelines/runs/identity.ts";
import { prepare } from "../../../pipelines/runs/prepare.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import { runName } from "../../../pipelines/studies/runName.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { elements } from "../../support/elements.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, eventsOf, sameRows, small, smallArgs, stoppedAfter } from "../runs.ts";

const test = suite("--init");
const home = scratch();
const file = join(home, "lenet5.safetensors");

// Weights of a run of ours, as PyTorch has them.
const teacher = join(home, "teacher");
const taught = await doneOf({ ...small, seed: 7 }, { out: teacher });
await answerTo(["export", teacher, "--to", "safetensors", "--out", file]);

const init: Partial<Settings> = { ...small, init: file };
const uninterrupted = join(home, "whole");
const whole = await doneOf(init, { out: uninterrupted });

test("weights are those of the file, to the bit, in its order", async () => {
  const run = await prepare(builtIn({ ...init, initExcept: ["dense3"] }), {});
  const first = await prepare(builtIn(small), {});
  const value = (path: string, of = run) => elements(of.network.parameters.find(path)!.value);
  const theirs = (name: string) => openWeights(file).tensors.get(name)!.read();
  assert.equal(value("dense2/weight"), theirs("dense2.weight"));
  // OHWI 16x5x5x6, OIHW 16x6x5x5
  assert.is(
    value("conv2/weight")[((9 * 5 + 1) * 5 + 3) * 6 + 2],
    theirs("conv2.weight")[((9 * 6 + 2) * 5 + 1) * 5 + 3],
  );
  assert.equal(value("dense3/weight"), value("dense3/weight", first));
  assert.not.equal(value("dense2/weight"), value("dense2/weight", first));
  for (const { engine } of [run, first]) engine.dispose();
});

test("a network that was trained is judged as its run was, before a step of another one", async () => {
  const inFloat32 = { ...small, bits: "32/32/32" };
  const dir = join(home, "float32");
  const done = await doneOf({ ...inFloat32, seed: 7 }, { out: dir });
  const { testScore, step, images } = await lastValueFrom(
    evaluate(builtIn({ ...inFloat32, init: join(dir, "checkpoint.safetensors") })),
  );
  assert.equal([testScore, step, images], [done.score, 0, 40]);
  // Fewer images to train on than in a batch, which evaluation does not do.
  const few = await lastValueFrom(
    evaluate(builtIn({ ...small, init: file, limit: 10, inputMean: "0", inputStd: "1" })),
  );
  assert.is(few.images, 40);
});

const idOf = async (settings: Partial<Settings>): Promise<string> =>
  runIdOf(identityOf(await newClaim(settings), { sha256: "data", train: 160, test: 40 }));

test("the file counts by its content, wherever it lies; so do the names and the layers that are left out", async () => {
  const elsewhere = join(home, "elsewhere.safetensors");
  copyFileSync(file, elsewhere);
  assert.is(await idOf({ ...init, init: elsewhere }), await idOf(init));
  const other = join(home, "other.safetensors");
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = bytes.at(-1)! ^ 1;
  writeFileSync(other, bytes);
  const names = join(home, "names.json");
  writeFileSync(names, "{}");
  const ids = await Promise.all(
    [
      small,
      init,
      { ...init, init: other },
      { ...init, initExcept: ["dense3"] },
      { ...init, initNames: "rangeflow" },
      { ...init, initNames: names },
    ].map(idOf),
  );
  assert.is(new Set(ids).size, ids.length);
  writeFileSync(names, '{"conv1":"conv1"}');
  assert.not.ok(ids.includes(await idOf({ ...init, initNames: names })));
});

test("a run without --init is the run that it was before there was one", async () => {
  // As the version before had it.
  const {
    network: _,
    engine,
    runId,
  } = await prepare(builtIn({ limit: 256, testLimit: 200, epochs: 1, engine: "simd", threads: 1 }), {});
  engine.dispose();
  assert.is(runId, "a4986bbc8d03170b");
});

test("a run that was stopped goes on to the same bits without its file, and with no other one", async () => {
  const dir = join(home, "stopped");
  await stoppedAfter(5, dir, init);
  renameSync(file, `${file}.gone`);
  const events = await eventsOf({}, { out: dir, resume: true });
  const done = events.at(-1)!;
  renameSync(`${file}.gone`, file);
  assert.is(done.event === "done" && done.weightsSha256, whole.weightsSha256);
  sameRows(dir, uninterrupted);
  const other = join(home, "other.safetensors");
  assert.match(
    await failureOf(() => eventsOf({ init: other }, { out: dir, resume: true })),
    /--init \S+other\.safetensors of sha256 \w{8}, expected sha256 \w{8} as in the saved run/,
  );
  assert.match(
    await failureOf(() => eventsOf({ initExcept: ["dense3"] }, { out: dir, resume: true })),
    /--init-except dense3, expected none as in the saved run/,
  );
});

test("the first line of a run says whose names its file has, and events as well", async () => {
  const { out } = await answerTo(["train", ...smallArgs, "--init", file, "--out", join(home, "told")]);
  assert.match(out, /\ninitial weights: 10 tensors of \S+lenet5\.safetensors, by names of rangeflow\n/);
  const [start] = await eventsOf(init, {});
  assert.ok(start?.event === "start");
  assert.equal(
    { ...start.init, file: "" },
    { file: "", names: "names of rangeflow", tensors: 10, rounded: 0 },
  );
  const [again] = await eventsOf({}, { out: uninterrupted, resume: true });
  assert.is(again?.event, "finished");
});

test("a file of one's own takes --init, too", async () => {
  const mine = join(home, "mine.mjs");
  writeFileSync(
    mine,
    `import { crossEntropy, experiment, glyphs } from "rangeflow";
import { lenet5 } from "rangeflow/models";
export default experiment({ network: lenet5({ classes: 10 }), data: glyphs({ train: 160, test: 40 }), loss: crossEntropy(), batch: 16, epochs: 2 });
`,
  );
  const source = experimentFile(mine, {}, { init: file, seed: 3 });
  const run = await prepare(source, { engine: "simd", threads: 1 });
  run.engine.dispose();
  assert.is(run.initial?.pairs.length, 10);
  assert.match(runName(run.identity, []), /init=lenet5\.safetensors-\w{8}/);
  const without = await prepare(experimentFile(mine, {}, { seed: 3 }), { engine: "simd", threads: 1 });
  without.engine.dispose();
  assert.not.equal(run.runId, without.runId);
});

test("the normalizations of a float32 copy begin with those of the file, too", async () => {
  const of = { ...small, model: "mobileNetV1", width: 0.125, epochs: 1, limit: 32, testLimit: 16 } as const;
  const dir = join(home, "narrow");
  await doneOf(of, { out: dir });
  const run = await prepare(
    builtIn({ ...of, constraint: 0.1, init: join(dir, "checkpoint.safetensors") }),
    {},
  );
  run.engine.dispose();
  const { tensors } = readCheckpoint(join(dir, "checkpoint.safetensors"));
  for (const own of ["", "float32/"])
    assert.equal(
      elements(run.network.parameters.find(`${own}norm1/variance`)!.value),
      tensors.get("norm1/variance")!.data,
    );
});

test("a study has it in the names of its runs, and is finished when it is asked for again", async () => {
  const out = join(home, "study");
  const ask = () =>
    lastValueFrom(
      compare({ lenet5: builtIn({ ...init, epochs: 1 }) }, { cells: [{}], seeds: [1], out, jobs: 1 }).pipe(
        toArray(),
      ),
    );
  const runs = (await ask()).filter(({ event }) => event === "run");
  assert.ok(runs.some((run) => "status" in run && run.status === "done"));
  const again = (await ask()).filter(({ event }) => event === "run");
  assert.equal(
    again.map((run) => "before" in run && run.before),
    [true],
  );
  assert.ok(again.every((run) => "run" in run && run.run.includes("init=lenet5.safetensors-")));
});

test("what has no effect, and what is no file of weights, is refused", async () => {
  const answer = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await answerTo(["train", ...smallArgs, ...args, "--out", join(home, "none")]);
    assert.is(code, 2);
    return err;
  };
  assert.match(
    await answer("--init-except", "dense3"),
    /^--init-except: dense3, which has no effect in this run, expected --init FILE/,
  );
  assert.match(
    await answer("--init-names", "torchvision"),
    /^--init-names: torchvision, which has no effect in this run/,
  );
  assert.match(
    await answer("--variant", "torchvision"),
    /^--variant: torchvision, which has no effect in this run, expected a model that torchvision also has/,
  );
  assert.match(
    await answer("--init", "w.pt"),
    /^--init: "w\.pt", expected the path of a \.safetensors or \.onnx file/,
  );
  assert.match(
    await answer("--init", join(home, "none.safetensors")),
    /none\.safetensors: no such file or directory/,
  );
  assert.match(
    await answer("--init", file, "--init-names", "pytorch"),
    /^--init-names: "pytorch", expected rangeflow, torchvision, or a file/,
  );
  assert.match(
    await answer("--init", file, "--model", "resnet20"),
    /no tensor for conv2?|tensor conv1\.weight of 6x1x5x5/,
  );
});

test("evaluate judges a file of weights by the options of train", async () => {
  const { out, code, err } = await answerTo([
    "evaluate",
    "--init",
    file,
    ...smallArgs.slice(0, -2),
    "--json",
  ]);
  assert.is(code, 0, err);
  const { step, images, metric } = JSON.parse(out);
  assert.equal([step, images, metric], [0, 40, "accuracy"]);
  assert.ok(taught.score >= 0);
  assert.match(
    (await answerTo(["evaluate"])).err,
    /no directory, expected the directory of a run, or a file of weights: rangeflow evaluate DIR\|--init FILE\./,
  );
});

test.run();
