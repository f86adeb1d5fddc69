/** @file Networks of runs as ONNX files: what onnxruntime makes of test images, beside our evaluation. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { gelu } from "../../../operators/layers/gelu.ts";
import { groupNorm } from "../../../operators/layers/groupNorm.ts";
import { multiheadAttention } from "../../../operators/layers/multiheadAttention.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import {
  TensorProto_DataType as DataType,
  type ModelProto,
  ModelProtoSchema,
} from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { type ExportOnnxOptions, exportOnnx } from "../../../pipelines/onnx/writing/exportOnnx.ts";
import { loadRun } from "../../../pipelines/runs/runDirectory.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { scratch } from "../files/scratch.ts";
import { evaluatedRun } from "../inference/evaluatedRun.ts";
import { answerTo, doneOf } from "../runs.ts";
import { answers, channelsLast, hasOracle } from "./oracle.ts";
import { hasWeb, webAnswers } from "./webOracle.ts";

const test = suite("exportOnnx");
const home = scratch();

const short = { limit: 64, testLimit: 16, batch: 16, epochs: 1, engine: "simd", threads: 1 } as const;

const modelIn = (path: string): ModelProto => fromBinary(ModelProtoSchema, readFileSync(path));

const lenet = join(home, "lenet5");
const done = await doneOf({ ...short, bits: "4/8/8" }, { out: lenet });

test("a model says which run it is, and of which weights", async () => {
  const out = join(home, "lenet5.onnx");
  const facts = await exportOnnx(builtIn(), lenet, out);
  const { metadataProps, irVersion, opsetImport, producerName } = modelIn(out);
  const texts = new Map(metadataProps.map(({ key, value }) => [key, value]));
  assert.is(texts.get("run"), loadRun(lenet).runId);
  assert.is(texts.get("weightsSha256"), done.weightsSha256);
  assert.is(texts.get("step"), "4");
  assert.equal([producerName, irVersion, opsetImport[0]?.version], ["rangeflow", 10n, 21n]);
  assert.is(facts.bytes, readFileSync(out).length);
  assert.equal(facts.input, ["N", 1, 28, 28]);
});

test("the command writes it and says what it is", async () => {
  const out = join(home, "command.onnx");
  const { code, out: said } = await answerTo(["export", lenet, "--to", "onnx", "--out", out]);
  assert.is(code, 0);
  const { length } = readFileSync(out);
  assert.match(said, `${out}: ONNX opset 21, ${length} bytes, input [N, 1, 28, 28], of step 4; inputs are `);
});

test("4 bits are int4, and two of them a byte", async () => {
  const out = join(home, "bits.onnx");
  await exportOnnx(builtIn(), lenet, out);
  const weights = modelIn(out).graph?.initializer.find(({ name }) => name === "dense1.weight_quantized");
  assert.equal([weights?.dataType, weights?.rawData.length], [DataType.INT4, (120 * 400) / 2]);
});

test("an unknown style is refused, and so is an option of another format; nothing is written", async () => {
  const out = join(home, "refused.onnx");
  const style = await answerTo(["export", lenet, "--to", "onnx", "--out", out, "--batch-norm", "fold"]);
  assert.is(style.err, '--batch-norm: "fold", expected one of separate, folded.\n');
  const other = await answerTo([
    "export",
    lenet,
    "--to",
    "safetensors",
    "--out",
    out,
    "--batch-norm",
    "folded",
  ]);
  assert.match(other.err, /^--batch-norm: used with --to safetensors, expected only with --to onnx/);
  const both = await answerTo([
    "export",
    lenet,
    "--to",
    "onnx",
    "--out",
    out,
    "--exact",
    "--batch-norm",
    "folded",
  ]);
  assert.is(
    both.err,
    "exact: folded batch normalizations, expected separate ones; folding rounds in other places.\n",
  );
  assert.not.ok(existsSync(out));
});

/** Trains a network for a few steps, and compares what onnxruntime makes of its test images with what it evaluates to. */
const compared = async (
  settings: Partial<Settings>,
  style: Pick<ExportOnnxOptions, "batchNorm" | "form">,
  level: Parameters<typeof answers>[4],
) => {
  const name = Object.values(settings).join("-").replaceAll("/", "");
  const [dir, out] = [join(home, name), join(home, `${name}-${Object.values(style).join("-")}.onnx`)];
  if (!existsSync(dir)) await doneOf({ ...short, ...settings }, { out: dir });
  await exportOnnx(builtIn(), dir, out, style);
  const run = await evaluatedRun(dir);
  const images = Array.from({ length: run.count }, (_, n) => run.image(n));
  const sites = [...run.codes(0).keys()];
  const { graph } = modelIn(out);
  const shape = graph!.input[0]!.type!.value;
  assert.ok(shape.case === "tensorType");
  const [c, h, w] = shape.value.shape!.dim.slice(1).map(({ value }) => Number(value.value)) as [
    number,
    number,
    number,
  ];
  const all = new Float32Array(images.flatMap((image) => [...image]));
  const [first, logits] = answers(
    readFileSync(out),
    all,
    [run.count, h, w, c],
    [sites[0]!, graph!.output[0]!.name],
    level,
  );
  const codes = channelsLast(first!.data, first!.shape);
  const [perImage, classes] = [codes.length / run.count, logits!.shape[1]!];
  let [otherCodes, largest] = [0, 0];
  for (let n = 0; n < run.count; n++) {
    run
      .codes(n)
      .get(sites[0]!)!
      .forEach((code, i) => {
        if (code !== codes[n * perImage + i]) otherCodes++;
      });
    run.outputs(n).forEach((value, k) => {
      largest = Math.max(largest, Math.abs(value - logits!.data[n * classes + k]!));
    });
  }
  return { otherCodes, largest };
};

const [none, all] = ["ORT_DISABLE_ALL", "ORT_ENABLE_ALL"] as const;

for (const [settings, style, most, level] of [
  [{ bits: "8/8/8" }, { batchNorm: "separate" }, 1e-5, none],
  [{ bits: "8/8/8" }, { batchNorm: "separate" }, 1e-5, all],
  [{ bits: "4/4/8" }, { batchNorm: "separate" }, 1e-5, all],
  [{ bits: "3/2/8" }, { batchNorm: "separate" }, 1e-5, all],
  [{ model: "resnet20", bits: "4/8/8", perChannel: true }, { batchNorm: "folded" }, 0.05, none],
  [{ model: "mobileNetV2", width: 0.125, bits: "8/8/8" }, { batchNorm: "separate" }, 1e-4, none],
  [{ model: "mobileNetV2", width: 0.125, bits: "8/8/8" }, { batchNorm: "folded" }, 1e-2, none],
  [{ bits: "8/8/8" }, { form: "exact" }, 0, none],
  [{ model: "resnet20", bits: "4/8/8", perChannel: true }, { form: "exact" }, 1e-6, none],
  [{ model: "vit", width: 0.25, bits: "8/8/8" }, { batchNorm: "separate" }, 0.05, none],
  [{ model: "vit", width: 0.25, bits: "8/8/8" }, { form: "exact" }, 0.05, all],
] as const) {
  const law = `onnxruntime computes ${JSON.stringify(settings)} as we evaluate it, written ${JSON.stringify(style)}, ${level}`;
  if (hasOracle)
    test(law, async () => {
      const { otherCodes, largest } = await compared(settings, style, level);
      assert.is(otherCodes, 0);
      assert.ok(largest <= most, `logits differ by ${largest}`);
    });
  else test.skip(law);
}

const attentive =
  "onnxruntime computes causal attention between group normalization and GELU as we evaluate it";
if (hasOracle)
  test(attentive, async () => {
    const own = experiment({
      network: sequential(
        quantized(conv2d)("conv1", { outChannels: 8, kernel: 4, stride: 4 }),
        groupNorm("norm", { groups: 4 }),
        multiheadAttention("attention", { heads: 2, causal: true }),
        gelu(),
        quantized(dense)("dense1", { units: 10, gain: 1 }),
      ),
      data: glyphs({ train: 64, test: 16 }),
      loss: crossEntropy(),
      batch: 16,
      epochs: 1,
    });
    const [dir, out] = [join(home, "attentive"), join(home, "attentive.onnx")];
    await lastValueFrom(train(own, { out: dir, engine: "simd", threads: 1 }));
    const run = await evaluatedRun(dir, own);
    const images = new Float32Array(Array.from({ length: run.count }, (_, n) => [...run.image(n)]).flat());
    for (const form of ["qdq", "exact"] as const) {
      await exportOnnx(own, dir, out, { form });
      const [logits] = answers(readFileSync(out), images, [run.count, 28, 28, 1], ["dense1"]);
      const outputs = Array.from({ length: run.count }, (_, n) => [...run.outputs(n)]).flat();
      const largest = Math.max(...outputs.map((value, i) => Math.abs(value - logits!.data[i]!)));
      assert.ok(largest < 0.02 * Math.max(...outputs.map(Math.abs)), `${form}: ${largest}`);
    }
  });
else test.skip(attentive);

const inBrowsers =
  "onnxruntime-web computes LeNet-5 in the form `exact` to the bit, with all of its graph optimizations";
if (hasWeb)
  test(inBrowsers, async () => {
    const out = join(home, "web.onnx");
    await exportOnnx(builtIn(), lenet, out, { form: "exact" });
    const run = await evaluatedRun(lenet);
    const images = Array.from({ length: run.count }, (_, n) => run.image(n));
    const all = new Float32Array(images.flatMap((image) => [...image]));
    const found = await webAnswers(readFileSync(out), all, [run.count, 28, 28, 1], "dense3", "all");
    assert.equal(found, new Float32Array(images.flatMap((_, n) => [...run.outputs(n)])));
  });
else test.skip(inBrowsers);

test.run();
