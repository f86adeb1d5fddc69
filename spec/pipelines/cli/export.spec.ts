/** @file `rangeflow export`: what it writes, prints and refuses. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { checkpointIn } from "../../../pipelines/runs/runDirectory.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, small } from "../runs.ts";

const test = suite("rangeflow export");
const home = scratch();
const whole = join(home, "whole");
await doneOf(small, { out: whole });

const exported = async (...args: readonly string[]) => {
  const out = join(home, "weights.safetensors");
  const {
    code,
    out: printed,
    err,
  } = await answerTo(["export", whole, "--to", "safetensors", "--out", out, ...args]);
  assert.is(code, 0, err);
  return { printed, file: openWeights(out), out };
};

test("weights leave in PyTorch's names and shapes, and say of which step they are", async () => {
  const { printed, file, out } = await exported();
  assert.match(printed, `${out}: 10 tensors, 61706 numbers in float32, of step 20; inputs are `);
  assert.equal([...file.tensors].map(([name, { shape }]) => [name, shape.join("x")]).sort(), [
    ["conv1.bias", "6"],
    ["conv1.weight", "6x1x5x5"],
    ["conv2.bias", "16"],
    ["conv2.weight", "16x6x5x5"],
    ["dense1.bias", "120"],
    ["dense1.weight", "120x400"],
    ["dense2.bias", "84"],
    ["dense2.weight", "84x120"],
    ["dense3.bias", "10"],
    ["dense3.weight", "10x84"],
  ]);
  assert.is(file.metadata.format, "pt");
  const json = JSON.parse((await exported("--json")).printed);
  assert.equal([json.event, json.to, json.tensors, json.step], ["exported", "safetensors", 10, 20]);
});

test("convolutions are OIHW, and columns behind a flatten those of a CHW image", async () => {
  const { file } = await exported();
  const { tensors } = readCheckpoint(checkpointIn(whole));
  const ours = (name: string): Float32Array => tensors.get(name)!.data;
  const theirs = (name: string): Float32Array => file.tensors.get(name)!.read();
  // OHWI 16x5x5x6: o = 3, h = 1, w = 2, i = 4
  assert.is(
    theirs("conv2.weight")[((3 * 6 + 4) * 5 + 1) * 5 + 2],
    ours("conv2/weight")[((3 * 5 + 1) * 5 + 2) * 6 + 4],
  );
  // Images of 5x5x16: unit 7, h = 4, w = 0, c = 9
  assert.is(
    theirs("dense1.weight")[7 * 400 + (9 * 5 + 4) * 5],
    ours("dense1/weight")[7 * 400 + 4 * 5 * 16 + 9],
  );
  assert.equal(theirs("dense2.weight"), ours("dense2/weight"));
});

test("names come from a map, of layers or of single parameters", async () => {
  const names = join(home, "names.json");
  writeFileSync(names, JSON.stringify({ conv1: "features.0", dense3: "head", "dense3/bias": "b" }));
  const { file } = await exported("--names", names);
  const found = [...file.tensors.keys()];
  for (const name of ["features.0.weight", "features.0.bias", "head.weight", "b", "conv2.weight"])
    assert.ok(found.includes(name), name);
});

const refused = async (...args: readonly string[]): Promise<string> => {
  const { code, err } = await answerTo(["export", ...args]);
  assert.is(code, 2);
  return err;
};

test("what cannot be written is refused in a sentence, and nothing is left", async () => {
  const out = join(home, "none.safetensors");
  const to = ["--to", "safetensors", "--out", out];
  assert.match(
    await refused(),
    /^rangeflow export: no directory, expected the directory of a run: rangeflow export RUN --to /,
  );
  assert.match(await refused(whole, "--out", out), /^--to: no format, expected one of safetensors/);
  assert.match(
    await refused(whole, "--to", "safetensor", "--out", out),
    /^--to: "safetensor", expected safetensors\./,
  );
  assert.match(await refused(whole, "--to", "safetensors"), /^--out: nothing, expected --out FILE/);
  assert.match(
    await refused(join(home, "nobody"), ...to),
    /nobody: no such file or directory, expected the directory of a run/,
  );
  assert.match(
    await refused(whole, ...to, "--names", "torchvision"),
    /^--names: torchvision, which does not have this network, expected one of resnet18, vgg16, mobileNetV2;/,
  );
  assert.match(
    await refused(whole, ...to, "--names", "ours"),
    /^--names: "ours", expected rangeflow, torchvision, or a file/,
  );
  const names = join(home, "odd.json");
  const withMap = async (map: unknown): Promise<string> => {
    writeFileSync(names, JSON.stringify(map));
    return refused(whole, ...to, "--names", names);
  };
  assert.match(await withMap({ conv3: "c" }), /^--names: the name conv3, expected conv1 or conv2\./);
  assert.match(
    await withMap({ conv1: "c", conv2: "c" }),
    /^--names: two parameters named c\.weight, expected a unique name for each/,
  );
  assert.match(await withMap({ conv1: 1 }), /odd\.json: conv1: 1, expected \{ "ours": "theirs", \.\. \}/);
  assert.not(existsSync(out));
  assert.match(
    await refused(whole, "--to", "safetensors", "--out", home),
    /cannot be written \(a directory\)/,
  );
});

test.run();
