/**
 * @file How far onnxruntime agrees with the evaluation of a run: prints what docs/onnx.md says of it.
 *
 *     node dist/spec/pipelines/onnx/agreement.js RUN DATA-DIR [IMAGES]
 *
 * Needs a Python with onnx, onnxruntime and numpy; onnxruntime-web is asked, too, once `npm install --prefix spec/bench --ignore-scripts` is done.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { inferenceGraph } from "../../../pipelines/inference/inferenceGraph.ts";
import { ModelProtoSchema } from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { exportOnnx } from "../../../pipelines/onnx/writing/exportOnnx.ts";
import { scratch } from "../files/scratch.ts";
import { type Answer, answers, channelsLast } from "./oracle.ts";
import { testImages } from "./testImages.ts";
import { webAnswers } from "./webOracle.ts";

const [dir, dataDir, count = "2000"] = process.argv.slice(2);
if (dir === undefined || dataDir === undefined) throw new Error("RUN and DATA-DIR are missing");

const source = builtIn({ dataDir });
const { images, shape, outputs, firstSite, firstCodes, fewCodes } = await testImages(
  source,
  dir,
  Number(count),
  20,
);
const [n, h, w, c] = shape as [number, number, number, number];
const few = images.subarray(0, 20 * h * w * c);

const inference = await inferenceGraph(source, dir);

/** Codes of a site in our order; what was flattened has one channel after another there. */
const inOurOrder = (site: string, { data, shape }: Answer): Float32Array => {
  if (shape.length === 4) return channelsLast(data, shape);
  const before = inference.nodes.find(({ name }) => name === site)?.inputs[0];
  const flatten = inference.nodes.find(({ name, op }) => name === before && op === "flatten");
  const image = inference.nodes.find(({ name }) => name === flatten?.inputs[0])?.shape;
  if (image === undefined) return data;
  const [height, width, channels] = image as [number, number, number];
  return channelsLast(data, [shape[0]!, channels, height, width]);
};

const top = (logits: ArrayLike<number>, at: number, classes: number): number => {
  let best = 0;
  for (let k = 1; k < classes; k++) if (logits[at + k]! > logits[at + best]!) best = k;
  return best;
};

const agreement = (title: string, logits: Float32Array): void => {
  const classes = outputs.length / n;
  let [same, largest] = [0, 0];
  for (let i = 0; i < n; i++)
    if (top(outputs, i * classes, classes) === top(logits, i * classes, classes)) same++;
  logits.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value - outputs[i]!));
  });
  console.log(
    `${title}: top-1 equal ${same} of ${n}, largest difference of logits ${largest.toPrecision(3)}`,
  );
};

const differing = (ours: Int8Array, theirs: Float32Array): string => {
  const other = ours.reduce((sum, code, i) => (code === theirs[i] ? sum : sum + 1), 0);
  return `${other} of ${ours.length}`;
};

console.log(`${dir}: logits from ${Math.min(...outputs).toFixed(2)} to ${Math.max(...outputs).toFixed(2)}`);
for (const [form, batchNorm] of [
  ["qdq", "separate"],
  ["exact", "separate"],
  ...(inference.nodes.some(({ op }) => op === "batchNorm") ? [["qdq", "folded"] as const] : []),
] as const) {
  const out = join(scratch(), "model.onnx");
  const { bytes } = await exportOnnx(source, dir, out, { form, batchNorm });
  const model = readFileSync(out);
  const { graph } = fromBinary(ModelProtoSchema, model);
  const output = graph!.output[0]!.name;
  console.log(`${form}, ${batchNorm}, ${bytes} bytes`);
  for (const level of ["ORT_DISABLE_ALL", "ORT_ENABLE_ALL"] as const)
    agreement(`  native, ${level}`, answers(model, images, shape, [output], level)[0]!.data);
  const [first] = answers(model, images, shape, [firstSite]);
  console.log(
    `  codes of ${firstSite} that differ: ${differing(firstCodes, channelsLast(first!.data, first!.shape))}`,
  );
  const sites = [...fewCodes.keys()];
  const all = answers(model, few, [20, h, w, c], sites).map((answer, i) => inOurOrder(sites[i]!, answer));
  console.log(
    `  of 20 images: ${sites.map((site, i) => `${site} ${differing(fewCodes.get(site)!, all[i]!)}`).join(", ")}`,
  );
  for (const level of ["disabled", "all"] as const) {
    const web = await webAnswers(model, images, shape, output, level);
    if (web) agreement(`  web, ${level}`, web);
  }
}
