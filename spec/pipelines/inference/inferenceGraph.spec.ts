/** @file The inference graph of a run: its values are those of the run's own evaluation, to the bit, or it is refused. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { dropout } from "../../../operators/layers/dropout.ts";
import { groupNorm } from "../../../operators/layers/groupNorm.ts";
import { multiheadAttention } from "../../../operators/layers/multiheadAttention.ts";
import { maxPool } from "../../../operators/layers/pool.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { onActivation } from "../../../operators/module/layer.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { layer } from "../../../operators/step/op.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import type { GraphNode } from "../../../pipelines/inference/graph.ts";
import { inferenceGraph } from "../../../pipelines/inference/inferenceGraph.ts";
import { runGraph } from "../../../pipelines/inference/runGraph.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { evaluatedRun, trainBriefly } from "./evaluatedRun.ts";

const test = suite("inferenceGraph");
const home = mkdtempSync(join(tmpdir(), "rangeflow-graph-"));
test.after(() => rmSync(home, { recursive: true }));

const refusalOf = async (making: Promise<unknown>): Promise<string> => {
  try {
    await making;
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
};

interface Case {
  readonly settings: Partial<Settings>;
  /** Operations that its graph has, beside others. */
  readonly ops: readonly GraphNode["op"][];
  readonly images?: number;
}

const cases: Readonly<Record<string, Case>> = {
  "lenet5 8/8/8": {
    settings: {},
    ops: ["quantize", "conv", "clip", "maxPool", "flatten", "dense"],
    images: 16,
  },
  "lenet5 4/8/8, a range for each channel": {
    settings: { bits: "4/8/8", perChannel: true },
    ops: ["conv"],
  },
  "lenet5 with float32 ends": {
    settings: { firstBits: "32/32/32", lastBits: "32/32/32" },
    ops: ["conv", "dense"],
  },
  "lenet5 in float32": { settings: { bits: "32/32/32" }, ops: ["conv", "dense"] },
  "lenet5, float32 weights alone": { settings: { bits: "32/8/8" }, ops: ["dequantize"] },
  "lenet5, learned ranges": {
    settings: { weightQuantizer: "lsq", activationQuantizer: "lsq", bits: "4/4/8" },
    ops: ["quantize"],
  },
  "lenet5, weights on levels of powers of two": {
    settings: { weightQuantizer: "powerOfTwo", bits: "4/8/8" },
    ops: ["dequantize"],
  },
  "lenet5, bent weights and learned clipping": { settings: { recipe: "sat" }, ops: ["quantize"] },
  "lenet5 under a constraint": { settings: { constraint: 0.1 }, ops: ["quantize"] },
  "resnet20 8/8/8": {
    settings: { model: "resnet20" },
    ops: ["batchNorm", "add", "subsample", "averagePool"],
  },
  "resnet20 4/8/8": { settings: { model: "resnet20", bits: "4/8/8" }, ops: ["add"] },
  "mobileNetV2 8/8/8": { settings: { model: "mobileNetV2", width: 0.25 }, ops: ["conv", "clip"] },
  "mobileNetV2 4/8/8": { settings: { model: "mobileNetV2", width: 0.25, bits: "4/8/8" }, ops: ["conv"] },
  "preactResnet 8/4/8": { settings: { model: "preactResnet", width: 0.25, bits: "8/4/8" }, ops: ["add"] },
  "resnet18 8/8/8": { settings: { model: "resnet18", width: 0.125 }, ops: ["add"] },
  "edsr 8/8/8": {
    settings: { model: "edsr", data: "glyphsX2", width: 0.125 },
    ops: ["scaled", "pixelShuffle"],
  },
  "vit 8/8/8": {
    settings: { model: "vit", width: 0.25 },
    ops: ["setNorm", "positions", "matmul", "softmax", "gelu"],
  },
  "vit 4/4/8 with float32 probabilities": {
    settings: { model: "vit", width: 0.125, bits: "4/4/8", bitsAt: ["*/context/input=32"] },
    ops: ["matmul", "dequantize"],
  },
  "centerDetector 8/8/8": {
    settings: { model: "centerDetector", data: "scenes", width: 0.25 },
    ops: ["concat"],
  },
};

for (const [name, { settings, ops, images = 2 }] of Object.entries(cases))
  test(`${name}: codes of every site and outputs are those of evaluation`, async () => {
    const out = join(home, name.replace(/\W+/g, "-"));
    await trainBriefly(settings, out);
    const graph = await inferenceGraph(builtIn(), out);
    for (const op of ops)
      assert.ok(
        graph.nodes.some((node) => node.op === op),
        `no ${op}`,
      );
    assert.is(graph.step, 4);
    const run = await evaluatedRun(out);
    for (let n = 0; n < Math.min(images, run.count); n++) {
      const values = runGraph(graph, run.image(n));
      assert.equal(values.get(graph.nodes.at(-1)?.name as string), run.outputs(n));
      const codes = run.codes(n);
      const sites = graph.nodes.filter(({ op }) => op === "quantize").map((node) => node.name);
      assert.equal(sites, [...codes.keys()]);
      for (const site of sites) assert.equal(values.get(site), codes.get(site), site);
    }
  });

test("weights come as the integers that are multiplied, with one scale or one for each channel", async () => {
  const out = join(home, "weights");
  await trainBriefly({ bits: "4/8/8", perChannel: true }, out);
  const { nodes } = await inferenceGraph(builtIn(), out);
  const conv1 = nodes.find(({ name }) => name === "conv1");
  if (conv1?.op !== "conv" || conv1.weights.kind !== "codes") throw new Error("conv1 is no product of codes");
  const { codes, params, shape } = conv1.weights;
  assert.equal(shape, [6, 5, 5, 1]);
  assert.is(codes.length, 150);
  assert.is(params.scale.length, 6);
  assert.is(Math.max(...codes.map(Math.abs)), 7);
});

test("weights say the bits that their codes fit into", async () => {
  const out = join(home, "odd");
  await trainBriefly({ recipe: "sat" }, out);
  const { nodes } = await inferenceGraph(builtIn(), out);
  const dense1 = nodes.find(({ name }) => name === "dense1");
  if (dense1?.op !== "dense" || dense1.weights.kind !== "codes")
    throw new Error("dense1 is no product of codes");
  const { bits, qmin, qmax } = dense1.weights.params;
  assert.equal([bits, qmin, qmax], [5, -15, 15]);
});

test("sites that look at each tensor in training keep the range of the last step, and are told", async () => {
  const out = join(home, "dynamic");
  await trainBriefly({ activationRange: "currentMinMax" }, out);
  const { dynamicSites } = await inferenceGraph(builtIn(), out);
  assert.equal(dynamicSites, ["conv1/input", "conv2/input", "dense1/input", "dense2/input", "dense3/input"]);
  const hindsight = join(home, "hindsight");
  await trainBriefly({}, hindsight);
  assert.equal((await inferenceGraph(builtIn(), hindsight)).dynamicSites, []);
});

test("what a graph cannot say is refused in one sentence that says where", async () => {
  const refused: readonly (readonly [Partial<Settings>, RegExp])[] = [
    [
      { activationQuantizer: "powerOfTwo" },
      /^conv1\/input: the quantizer powerOfTwo, whose levels are not a uniform grid, expected a uniform grid/,
    ],
    [
      { activationQuantizer: "uniform:rounding=stochastic" },
      /^conv1\/input: stochastic rounding of activations, expected rounding to nearest/,
    ],
    [
      { accumulator: "16:wrap" },
      /accumulators of 16 bits, expected exact sums; export a run without --accumulator/,
    ],
  ];
  for (const [i, [settings, sentence]] of refused.entries()) {
    const out = join(home, `refused-${i}`);
    await trainBriefly(settings, out);
    assert.match(await refusalOf(inferenceGraph(builtIn(), out)), sentence);
  }
});

const ownExperiment = (...middle: readonly Module[]) =>
  experiment({
    name: "own",
    network: sequential(
      quantized(conv2d)("conv1", { outChannels: 4, kernel: 5 }),
      ...middle,
      quantized(dense)("dense1", { units: 10, gain: 1 }),
    ),
    data: glyphs({ train: 64, test: 16 }),
    loss: crossEntropy(),
    batch: 16,
    epochs: 1,
  });

const trainOwn = (own: ReturnType<typeof ownExperiment>, out: string): Promise<unknown> =>
  lastValueFrom(train(own, { out, engine: "simd", threads: 1 }));

test("dropout is no part of the graph, as it drops nothing in evaluation", async () => {
  const own = ownExperiment(dropout("drop", { p: 0.2 }), relu());
  const out = join(home, "dropout");
  await trainOwn(own, out);
  const { nodes } = await inferenceGraph(own, out);
  assert.equal(
    nodes.filter(({ op }) => op !== "quantize").map(({ op }) => op),
    ["conv", "clip", "dense"],
  );
});

test("causal attention and group normalization are in the graph", async () => {
  const own = ownExperiment(
    maxPool({ size: 4 }),
    groupNorm("norm", { groups: 2 }),
    multiheadAttention("attention", { heads: 2, causal: true }),
  );
  const out = join(home, "causal");
  await trainOwn(own, out);
  const graph = await inferenceGraph(own, out);
  const run = await evaluatedRun(out, own);
  for (let n = 0; n < 4; n++) assert.equal(runGraph(graph, run.image(n)).get("dense1"), run.outputs(n));
});

test("an experiment in code has a graph; codes that something else than a product takes are dequantized", async () => {
  const own = ownExperiment(quantize({ activation: "pool/input" }), maxPool({ size: 2 }), relu());
  const out = join(home, "own");
  await trainOwn(own, out);
  const graph = await inferenceGraph(own, out);
  assert.equal(
    graph.nodes.map(({ op, name, inputs }) => `${op} ${name} <- ${inputs}`),
    [
      "quantize conv1/input <- image",
      "conv conv1 <- conv1/input",
      "quantize pool/input <- conv1",
      "dequantize pool/input/dequantized <- pool/input",
      "maxPool maxPool <- pool/input/dequantized",
      "clip relu <- maxPool",
      "quantize dense1/input <- relu",
      "dense dense1 <- dense1/input",
    ],
  );
  const run = await evaluatedRun(out, own);
  assert.equal(runGraph(graph, run.image(3)).get("dense1"), run.outputs(3));
});

test("a layer of one's own is refused, also one that calls itself by the name of another", async () => {
  const tap: Module = ({ shape }) => E.right({ shape, ...onActivation((activation) => activation) });
  const silent = ownExperiment(tap);
  await trainOwn(silent, join(home, "silent"));
  assert.match(
    await refusalOf(inferenceGraph(silent, join(home, "silent"))),
    /^network: a custom layer, which does not describe what it computes, expected layers that can be exported: .*conv2d/,
  );
  const liar = ownExperiment(
    layer("", () => ({
      kind: "clip",
      options: { lo: 0, hi: 6 },
      forward: (x) => ({ y: x, save: undefined }),
      backward: (dy) => ({ dx: dy }),
    })),
  );
  await trainOwn(liar, join(home, "liar"));
  assert.match(
    await refusalOf(inferenceGraph(liar, join(home, "liar"))),
    /^own: a network whose outputs differ from those of its layers as they describe themselves/,
  );
});

test("a directory without a run is refused", async () => {
  assert.match(
    await refusalOf(inferenceGraph(builtIn(), join(home, "nothing"))),
    /nothing: no such file or directory, expected the directory of a run/,
  );
});

test.run();
