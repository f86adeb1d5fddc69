/** @file Networks in C: compiled without a warning, they make the codes of the run's own evaluation, to the bit. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CNetwork, cNetwork } from "../../../pipelines/c/cNetwork.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { inferenceGraph } from "../../../pipelines/inference/inferenceGraph.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { type EvaluatedRun, evaluatedRun, trainBriefly } from "../inference/evaluatedRun.ts";
import { compilers, type RunOfC, runCompiled } from "./compiled.ts";

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
    assert.equal(outputs, run.outputs(n), `outputs of image ${n}`);
  }
};

const imagesOf = ({ count, image }: EvaluatedRun): readonly Float32Array[] =>
  Array.from({ length: count }, (_, n) => image(n));

const cases: Readonly<Record<string, Partial<Settings>>> = {
  "lenet5 8/8/8": { testLimit: 200 },
  "lenet5 4/8/8": {},
  "lenet5 4/8/8, a range for each channel": { bits: "4/8/8", perChannel: true },
  "lenet5 with float32 ends": { firstBits: "32/32/32", lastBits: "32/32/32" },
  "lenet5 in float32": { bits: "32/32/32" },
  "lenet5, float32 weights alone": { bits: "32/8/8" },
  "lenet5, affine weights": { weightQuantizer: "uniform:scheme=affine" },
  "resnet20 8/8/8": { model: "resnet20", testLimit: 4 },
  "resnet20 4/8/8": { model: "resnet20", bits: "4/8/8", testLimit: 4 },
  "mobileNetV2 8/8/8": { model: "mobileNetV2", width: 0.25, testLimit: 4 },
  "mobileNetV2 4/8/8": { model: "mobileNetV2", width: 0.25, bits: "4/8/8", testLimit: 4 },
  "preactResnet 8/8/8": { model: "preactResnet", width: 0.25, testLimit: 4 },
  "resnet18 8/8/8": { model: "resnet18", width: 0.125, testLimit: 4 },
  "edsr 8/8/8": { model: "edsr", data: "glyphsX2", width: 0.125, testLimit: 4 },
  "centerDetector 8/8/8": { model: "centerDetector", data: "scenes", width: 0.25, testLimit: 4 },
};

for (const [name, settings] of Object.entries(cases))
  checked(`${name}: codes of every site and outputs are those of evaluation`, async () => {
    const network = await made(name, settings);
    for (const compiler of compilers)
      sameAsRun(
        network,
        runCompiled(compiler, network.network, imagesOf(network.run), join(home, name, compiler)),
      );
  });

test.run();
