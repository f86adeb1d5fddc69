/** @file Networks in C: compiled without a warning, they make the codes of the run's own evaluation, to the bit. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { type CNetwork, cNetwork } from "../../../pipelines/c/cNetwork.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { images } from "../../../pipelines/data/images.ts";
import { labelledImages, type Split } from "../../../pipelines/data/labelledImages.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { inferenceGraph } from "../../../pipelines/inference/inferenceGraph.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { type EvaluatedRun, evaluatedRun, trainBriefly } from "../inference/evaluatedRun.ts";
import { bytesOf, compilers, type RunOfC, runCompiled } from "./compiled.ts";

const test = suite("networks in C");
const home = mkdtempSync(join(tmpdir(), "rangeflow-c-"));
test.after(() => rmSync(home, { recursive: true }));

const isUnchecked = compilers.length === 0;
const checked = isUnchecked ? test.skip : test;

interface Made {
  readonly network: CNetwork;
  readonly sites: readonly string[];
  readonly run: EvaluatedRun;
}

const made = async (name: string, settings: Partial<Settings>): Promise<Made> => {
  const out = join(home, name.replace(/\W+/g, "-"));
  await trainBriefly(settings, out);
  const graph = await inferenceGraph(builtIn(), out);
  const sites = graph.nodes.filter(({ op }) => op === "quantize").map((node) => node.name);
  return { network: cNetwork(graph, "net"), sites, run: await evaluatedRun(out) };
};

const sameAsRun = ({ sites, run }: Made, found: readonly RunOfC[]): void => {
  assert.is(found.length, run.count);
  for (const [n, { codes, outputs }] of found.entries()) {
    const expected = run.codes(n);
    assert.is(codes.size, expected.size);
    for (const [i, site] of sites.entries())
      assert.equal(codes.get(i), expected.get(site), `${site} of image ${n}`);
    assert.equal(bytesOf(outputs), bytesOf(run.outputs(n)), `outputs of image ${n}`);
  }
};

const imagesOf = ({ count, image }: EvaluatedRun): readonly Float32Array[] =>
  Array.from({ length: count }, (_, n) => image(n));

const cases: Readonly<Record<string, Partial<Settings>>> = {
  "lenet5 8/8/8": { testLimit: 200 },
  "lenet5 with odd levels of 4 bits, -15 to 15": { recipe: "sat" },
  "lenet5 4/8/8, a range for each channel": { bits: "4/8/8", perChannel: true },
  "lenet5 with float32 ends": { firstBits: "32/32/32", lastBits: "32/32/32" },
  "lenet5, float32 weights alone": { bits: "32/8/8" },
  "lenet5, affine weights": { weightQuantizer: "uniform:scheme=affine" },
  "resnet20 4/8/8": { model: "resnet20", bits: "4/8/8", testLimit: 4 },
  "mobileNetV2 8/8/8": { model: "mobileNetV2", width: 0.25, testLimit: 4 },
  "mobileNetV2 4/8/8": { model: "mobileNetV2", width: 0.25, bits: "4/8/8", testLimit: 4 },
  "mobileNetV2 8/8/8, one pixel at its end": {
    model: "mobileNetV2",
    width: 0.25,
    variant: "torchvision",
    testLimit: 4,
  },
  "resnet18 8/8/8": { model: "resnet18", width: 0.125, testLimit: 4 },
  "edsr 8/8/8": { model: "edsr", data: "glyphsX2", width: 0.125, testLimit: 4 },
  "centerDetector 8/8/8": { model: "centerDetector", data: "scenes", width: 0.25, testLimit: 4 },
};

/** How much a compiler optimizes. */
const levels = ["-O1", "-O2", "-O3"];

for (const [name, settings] of Object.entries(cases))
  checked(`${name}: codes of every site and outputs are those of evaluation`, async () => {
    const { network, sites, run } = await made(name, settings);
    const [given, dir] = [imagesOf(run), join(home, name)];
    for (const compiler of name.startsWith("lenet5") ? compilers : compilers.slice(0, 1))
      sameAsRun({ network, sites, run }, runCompiled(compiler, network, given, join(dir, compiler)));
    // Without a trace fewer calls have an effect that a compiler sees.
    for (const level of name.endsWith("one pixel at its end") ? levels : ["-O2"])
      for (const [n, { outputs }] of runCompiled(compilers[0] as string, network, given, join(dir, level), {
        flags: [level],
        isTraced: false,
      }).entries())
        assert.equal(bytesOf(outputs), bytesOf(run.outputs(n)), `outputs of image ${n}, ${level}`);
  });

checked("an image may come as codes, or as the bytes that it was made of", async () => {
  const coloured = ({ images, ...split }: Split): Split => ({
    ...split,
    images: Uint8Array.from({ length: 3 * images.length }, (_, i) => {
      const byte = images[Math.floor(i / 3)] as number;
      return [byte, 255 - byte, byte >> 1][i % 3] as number;
    }),
  });
  const grey = glyphs({ train: 64, test: 16 });
  const { train: training, test: testing } = grey;
  const parts = { train: coloured(training), test: coloured(testing) };
  const own = experiment({
    name: "own",
    network: sequential(
      quantized(conv2d)("conv1", { outChannels: 4, kernel: 5, stride: 2 }),
      quantized(dense)("dense1", { units: 10, gain: 1 }),
    ),
    data: images(labelledImages({ ...grey, ...parts, shape: [28, 28, 3] })),
    loss: crossEntropy(),
    batch: 16,
    epochs: 1,
  });
  const out = join(home, "colours");
  await lastValueFrom(train(own, { out, engine: "simd", threads: 1 }));
  const graph = await inferenceGraph(own, out);
  const network = cNetwork(graph, "net");
  const run = await evaluatedRun(out, own);
  const size = 28 * 28 * 3;
  const bytes = imagesOf(run).map((_, n) => parts.test.images.slice(n * size, (n + 1) * size));
  const codes = imagesOf(run).map((_, n) => run.codes(n).get("conv1/input") as Int8Array);
  const [compiler] = compilers as [string];
  for (const [entry, given] of [
    ["run_codes", codes],
    ["run_pixels", bytes],
  ] as const)
    for (const [n, { outputs }] of runCompiled(compiler, network, given, join(home, entry), {
      entry,
    }).entries())
      assert.equal(outputs, run.outputs(n), `${entry} of image ${n}`);
});

const onX64 = compilers.includes("gcc") && process.arch === "x64" ? test : test.skip;

onX64("what would change codes does not compile, and says so", async () => {
  const { network } = await made("guards", {});
  const refusals: readonly (readonly [flag: string, sentence: RegExp])[] = [
    ["-ffast-math", /-ffast-math changes the order of operations: compile without it/],
    ["-std=gnu11", /GCC may fuse a product and a sum: compile with -std=c11, or with -ffp-contract=off/],
    ["-mfpmath=387", /float has to be computed as float; on 32-bit x86 with -msse2 -mfpmath=sse/],
  ];
  for (const [flag, sentence] of refusals)
    assert.throws(() => runCompiled("gcc", network, [], join(home, "guards.c"), { flags: [flag] }), sentence);
});

test.run();
