/** @file What pixels are normalized with is said wherever weights come in or go out, and another limit has another one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { ModelProtoSchema } from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("normalization of inputs");
const home = scratch();
const run = join(home, "run");
const settings = [
  ...["--engine", "simd", "--threads", "1", "--bits", "32/32/32"],
  ...["--test-limit", "16", "--batch", "16", "--epochs", "1"],
];

/** Mean and deviation of the first `count` training images, by their definition: of all pixels, from 0 to 1. */
const momentsOf = (count: number): readonly [mean: number, std: number] => {
  const pixels = Array.from(glyphs({ train: count, test: 1 }).train.images, (byte) => byte / 255);
  const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
  return [mean, Math.sqrt(pixels.reduce((sum, pixel) => sum + (pixel - mean) ** 2, 0) / pixels.length)];
};

const [mean, std] = momentsOf(64);
const text = `inputs are (pixel / 255 - mean) / std with mean ${Number(mean.toPrecision(6))} and std ${Number(std.toPrecision(6))}`;

const isClose = (found: readonly number[], expected: number): void => {
  assert.is(found.length, 1);
  assert.ok(Math.abs(found[0]! - expected) < 1e-12, `${found[0]} is not ${expected}`);
};

const same = ({
  inputMean,
  inputStd,
}: {
  readonly inputMean: number[];
  readonly inputStd: number[];
}): void => {
  isClose(inputMean, mean);
  isClose(inputStd, std);
};

const answered = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await answerTo(args);
  assert.is(code, 0, err);
  return out;
};

const eventsIn = (out: string) =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const [start] = eventsIn(await answered("train", ...settings, "--limit", "64", "--out", run, "--json"));
const weights = join(home, "weights.safetensors");
const exported = (to: string, out: string, ...more: readonly string[]) =>
  answered("export", run, "--to", to, "--out", out, ...more);
await exported("safetensors", weights);

test("the first event of a run has it, and each export, as data", async () => {
  assert.is(start.event, "start");
  same(start);
  for (const to of ["safetensors", "onnx", "c"])
    same(eventsIn(await exported(to, join(home, `json.${to}`), "--json"))[0]);
});

test("each export says it in its line", async () => {
  for (const to of ["safetensors", "onnx", "c"]) {
    const line = await exported(to, join(home, `line.${to}`));
    assert.ok(line.endsWith(`; ${text}\n`), line);
  }
});

test("files have it: metadata of safetensors and ONNX, and macros of C, of float32 networks as well", async () => {
  const parsed = (metadata: Readonly<Record<string, string | undefined>>) => ({
    inputMean: JSON.parse(metadata.inputMean ?? "[]"),
    inputStd: JSON.parse(metadata.inputStd ?? "[]"),
  });
  same(parsed(openWeights(weights).metadata));
  const model = join(home, "model.onnx");
  await exported("onnx", model);
  const { metadataProps } = fromBinary(ModelProtoSchema, readFileSync(model));
  same(parsed(Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]))));
  const firmware = join(home, "firmware");
  await exported("c", firmware);
  const header = readFileSync(join(firmware, "net.h"), "utf8");
  const macro = (name: string) => [
    Number(new RegExp(`#define NET_IMAGE_${name} \\{(.*)\\}\n`).exec(header)?.[1]),
  ];
  same({ inputMean: macro("MEAN"), inputStd: macro("STD") });
});

test("a run and an evaluation that begin with weights of a file say it, and no other one does", async () => {
  const init = ["--init", weights, ...settings, "--limit", "64"];
  assert.match(await answered("evaluate", ...init), text);
  same(eventsIn(await answered("evaluate", ...init, "--json"))[0]);
  assert.match(await answered("train", ...init, "--out", join(home, "tuned")), `\n${text}\n`);
  assert.not.match(await answered("evaluate", run), "inputs are");
  same(eventsIn(await answered("evaluate", run, "--json"))[0]);
});

test("another limit on the training images has another one", async () => {
  const [other] = momentsOf(32);
  const [said] = eventsIn(
    await answered("evaluate", "--init", weights, ...settings, "--limit", "32", "--json"),
  );
  assert.ok(Math.abs(other - mean) > 1e-4);
  isClose(said.inputMean, other);
});

test("numbers of one's own are taken in their place, whatever the limit, and make another run", async () => {
  const own = ["--input-mean", "0.1307", "--input-std", "0.3081"];
  const judged = async (...more: readonly string[]) =>
    eventsIn(await answered("evaluate", "--init", weights, ...settings, ...more, "--json"))[0];
  const [all, few] = [await judged("--limit", "64", ...own), await judged("--limit", "32", ...own)];
  assert.equal([all.inputMean, all.inputStd], [[0.1307], [0.3081]]);
  assert.equal(few, all);
  assert.not.equal((await judged("--limit", "64")).testLoss, all.testLoss);
  // What the training images come to, said by oneself, has the bits that it has without.
  const said = ["--input-mean", String(start.inputMean), "--input-std", String(start.inputStd)];
  assert.equal(await judged("--limit", "64", ...said), await judged("--limit", "64"));
  const resumed = await answerTo(["train", "--out", run, "--resume", ...own]);
  assert.match(resumed.err, /--input-mean 0\.1307, --input-std 0\.3081, expected none as in the saved run/);
});

test("weights of a file that says other inputs are told, with the options that give these", async () => {
  const model = join(home, "other.onnx");
  await exported("onnx", model);
  const other = [...settings, "--limit", "32"];
  const told = /the file was trained on other inputs: (--input-mean \S+ --input-std \S+)/;
  for (const file of [weights, model]) {
    const said = told.exec(await answered("evaluate", "--init", file, ...other))![1]!;
    const [, ownMean, , ownStd] = said.split(" ");
    assert.ok(Math.abs(Number(ownMean) - mean) < 1e-12 && Math.abs(Number(ownStd) - std) < 1e-12, said);
    const [json] = eventsIn(await answered("evaluate", "--init", file, ...other, "--json"));
    same(json.fileInputs);
    const [mended] = eventsIn(
      await answered("evaluate", "--init", file, ...other, ...said.split(" "), "--json"),
    );
    const [same64] = eventsIn(
      await answered("evaluate", "--init", file, ...settings, "--limit", "64", "--json"),
    );
    assert.equal(mended, same64);
    assert.is(same64.fileInputs, undefined);
    assert.not.match(await answered("evaluate", "--init", file, ...settings, "--limit", "64"), told);
    // The six digits that the line has for a person are the same inputs.
    const short = text.replace(/.* mean (\S+) and std (\S+)$/, "--input-mean $1 --input-std $2").split(" ");
    assert.not.match(await answered("evaluate", "--init", file, ...other, ...short), told);
  }
  const trained = await answered("train", "--init", weights, ...other, "--out", join(home, "others"));
  assert.match(trained, told);
});

test("numbers that do not fit are refused in a sentence", async () => {
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await answerTo(["train", ...settings, "--limit", "64", ...args]);
    assert.is(code, 2);
    return err;
  };
  assert.match(
    await refusal("--input-mean", "0.1"),
    /--input-std: nothing, expected 1, one for each channel; give both --input-mean and --input-std/,
  );
  assert.match(
    await refusal("--input-mean", "0.1,0.2", "--input-std", "1"),
    /--input-mean: 2 numbers, expected 1, one for each channel/,
  );
  for (const [option, text] of [
    ["std", "0"],
    ["std", "-1"],
    ["mean", "0.1,"],
    ["mean", "x"],
    ["mean", "Infinity"],
    ["mean", "33.3"],
    ["mean", "-0.1"],
  ])
    assert.match(await refusal(`--input-${option}=${text}`), `--input-${option}: "${text}", expected `);
  assert.match(
    await refusal("--data", "glyphsX2", "--model", "edsr", "--input-mean", "0.1", "--input-std", "1"),
    /--input-mean: .*which has no effect in this run, expected images with classes/,
  );
});

test.run();
