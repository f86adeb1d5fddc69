/**
 * @file Weights of PyTorch in our networks give PyTorch's logits. `spec/golden/torchWeights.py` makes both; small networks lie beside it, larger ones
 * are made where PyTorch is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { firstValueFrom, lastValueFrom, of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import { mobileNetV2, resnet18, resnet20, vgg16 } from "../../../models/index.ts";
import { lenet5 } from "../../../models/lenet5.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { gelu } from "../../../operators/layers/gelu.ts";
import { layerNorm } from "../../../operators/layers/layerNorm.ts";
import { multiheadAttention } from "../../../operators/layers/multiheadAttention.ts";
import { pixelShuffle } from "../../../operators/layers/pixelShuffle.ts";
import { globalAveragePool } from "../../../operators/layers/pool.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../../operators/module/build.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { snapshot } from "../../../operators/taps/snapshot.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { exportSafetensors } from "../../../pipelines/exports/exportSafetensors.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { load } from "../../../pipelines/weights/load.ts";
import type { MatchOptions } from "../../../pipelines/weights/weightMatch.ts";
import { openWeights } from "../../../pipelines/weights/weightsFile.ts";
import { defaultQuantizer } from "../../../quantizers/defaultQuantizer.ts";
import { numbers, outcome } from "../../support/testScope.ts";
import { python, scratch } from "../files/scratch.ts";

const test = suite("weights of PyTorch");

const quantizer = defaultQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } });

/** Images, and what somebody makes of them. */
interface Expected {
  readonly x: Float32Array;
  readonly shape: readonly number[];
  readonly y: Float32Array;
}

/** Outputs of a network in evaluation, in float32. */
const outputsOf = async (network: Module, { x, shape }: Expected): Promise<Float32Array> => {
  const engine = simd();
  try {
    const { layer } = build(network, scopeFor({ engine, shape: shape.slice(1), quantizer }));
    const target = new Int32Array(shape[0] as number);
    const batch = beginStep(engine, { x, target, shape }, { step: 0, training: false });
    const signal = await firstValueFrom(of(batch).pipe(layer, snapshot(engine)));
    return numbers(outcome([signal]).x);
  } finally {
    engine.dispose();
  }
};

const expectedIn = (path: string): Expected => {
  const { tensors } = openWeights(path);
  const x = tensors.get("x")!;
  return { x: x.read(), shape: x.shape, y: tensors.get("y")!.read() };
};

const largest = (numbers: Float32Array): number =>
  numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** The largest difference between our logits and PyTorch's. */
const differenceIn = async (dir: string, name: string, network: Module, options?: MatchOptions) => {
  const expected = expectedIn(join(dir, `${name}.io.safetensors`));
  const ours = await outputsOf(load(network, join(dir, `${name}.safetensors`), options), expected);
  assert.is(ours.length, expected.y.length);
  return {
    difference: largest(ours.map((y, i) => y - (expected.y[i] as number))),
    most: largest(expected.y),
  };
};

const agrees = async (dir: string, name: string, network: Module, options?: MatchOptions): Promise<void> => {
  const { difference, most } = await differenceIn(dir, name, network, options);
  console.log(
    `  ${name}: logits up to ${most.toPrecision(3)}, largest difference ${difference.toExponential(1)}`,
  );
  assert.ok(difference < 1e-4 * Math.min(1, most), `${difference} of ${most}`);
};

const goldens = "spec/golden/torchWeights";

const flattened = sequential(
  conv2d("conv1", { outChannels: 6, kernel: 3, groups: 2, bias: true }),
  flatten(),
  batchNorm("norm1"),
  relu(),
  dense("dense1", { units: 5 }),
  dense("dense2", { units: 3 }),
);

test("a normalization and a dense layer behind a flatten see the channels of a CHW image", () =>
  agrees(goldens, "flattened", flattened));

test("channels that become pixels are numbered as PyTorch numbers them", () => {
  const network = sequential(
    conv2d("conv1", { outChannels: 12, kernel: 3, padding: 1, bias: true }),
    batchNorm("norm1"),
    relu(),
    pixelShuffle(2),
    conv2d("conv2", { outChannels: 2, kernel: 3, padding: 1, bias: true }),
  );
  return agrees(goldens, "shuffled", network);
});

test("a dense layer over an image sees it in PyTorch's order", () =>
  agrees(goldens, "overImage", dense("dense1", { units: 5 })));

const attentive = sequential(
  conv2d("conv1", { outChannels: 8, kernel: 2, stride: 2, bias: true }),
  residual(sequential(layerNorm("norm1"), multiheadAttention("attention", { heads: 2 }))),
  conv2d("mlp1", { outChannels: 6, kernel: 1, bias: true }),
  gelu(),
  globalAveragePool(),
  dense("dense1", { units: 3 }),
);

test("nn.MultiheadAttention, whose projections are one tensor, between LayerNorm and GELU", () =>
  agrees(goldens, "attention", attentive));

const dir = scratch();
const made = spawnSync(
  "python3",
  [
    "spec/golden/torchWeights.py",
    dir,
    ...[
      "flattened",
      "overImage",
      "shuffled",
      "attention",
      "lenet5",
      "resnet20",
      "resnet18",
      "mobileNetV2",
      "vgg16",
    ],
  ],
  { encoding: "utf8" },
);
/** A test of networks that PyTorch has made here; those of torchvision come last, and are not there without it. */
const ifMade = (...names: readonly string[]) =>
  names.every((name) => existsSync(join(dir, `${name}.io.safetensors`))) ? test : test.skip;
if (made.status !== 0)
  console.log(
    `  larger networks are left out, as PyTorch or torchvision is not there: ${made.stderr.trim().split("\n").at(-1)}`,
  );

ifMade(
  "flattened",
  "overImage",
  "shuffled",
  "attention",
)("the golden weights are what PyTorch makes", () => {
  for (const name of ["flattened", "overImage", "shuffled", "attention"]) {
    const made = openWeights(join(dir, `${name}.safetensors`)).tensors;
    for (const [tensor, { dtype, read }] of openWeights(join(goldens, `${name}.safetensors`)).tensors)
      if (dtype === "F32") assert.equal(made.get(tensor)?.read(), read(), `${name} ${tensor}`);
  }
});

ifMade("lenet5", "resnet20")("twins of our networks, by our names", async () => {
  await agrees(dir, "lenet5", lenet5({ classes: 10 }));
  await agrees(dir, "resnet20", resnet20({ classes: 10 }), { names: "rangeflow" });
});

const torchvision = { classes: 10, variant: "torchvision" } as const;

ifMade("resnet18")("torchvision's resnet18", () => agrees(dir, "resnet18", resnet18(torchvision)));

ifMade("mobileNetV2")("torchvision's mobilenet_v2, of another width", () =>
  agrees(dir, "mobileNetV2", mobileNetV2({ ...torchvision, width: 0.5 })),
);

ifMade("vgg16")("torchvision's vgg16_bn, narrower", () =>
  agrees(dir, "vgg16", vgg16({ ...torchvision, width: 0.125 })),
);

ifMade("mobileNetV2")(
  "what was read and left as it was goes back to the bit, and torchvision takes it",
  async () => {
    const network = load(mobileNetV2({ ...torchvision, width: 0.5 }), join(dir, "mobileNetV2.safetensors"));
    const x = new Float32Array(4 * 32 * 32 * 3).map((_, i) => (i % 7) - 3);
    const made = experiment({
      network,
      data: fromArrays(x, [0, 1, 2, 3], [32, 32, 3], { classes: 10, test: 0.5 }),
      loss: crossEntropy(),
      batch: 2,
      epochs: 1,
    });
    const run = join(dir, "run");
    await lastValueFrom(train(made, { out: run, engine: "simd", threads: 1, stopped: () => true }));
    const out = join(dir, "back.safetensors");
    const written = await exportSafetensors(made, run, out, {
      ...{ names: "torchvision", engine: "reference" },
    });
    assert.equal([written.step, written.tensors], [0, 262]);
    const printed = python(
      `import sys; sys.path.insert(0, "spec/golden")
import torch
from safetensors.torch import load_file
from torchWeights import networks
there, back = load_file(sys.argv[1]), load_file(sys.argv[2])
net = networks["mobileNetV2"][0]()
net.load_state_dict(back, strict=True)
print(len(back), all(torch.equal(there[name], value) for name, value in back.items()))`,
      join(dir, "mobileNetV2.safetensors"),
      out,
    );
    assert.is(printed, "262 True\n");
  },
);

test.run();
