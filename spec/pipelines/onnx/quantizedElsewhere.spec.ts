/**
 * @file Models that onnxruntime's own quantizer and PyTorch's quantization-aware training have made: their weights and grids are found under the
 * names that they had before.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { writeModel } from "../../../pipelines/onnx/writing/writeModel.ts";
import { scratch } from "../files/scratch.ts";
import { rowsAndImages } from "./graphs.ts";
import { hasOracle } from "./oracle.ts";

const test = suite("quantized elsewhere");

const program = `
import logging, sys
import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
dir, per_channel = sys.argv[1], sys.argv[2] == "channel"

class Images(CalibrationDataReader):
    images = iter([{"image": np.linspace(-2, 2, 72, dtype=np.float32).reshape(4, 2, 3, 3)}])
    def get_next(self):
        return next(self.images, None)

types = {"activation_type": QuantType.QUInt8 if per_channel else QuantType.QInt8, "weight_type": QuantType.QInt8}
quantize_static(dir + "/float.onnx", dir + "/model.onnx", Images(), quant_format=QuantFormat.QDQ, per_channel=per_channel, **types)
`;

for (const granularity of ["tensor", "channel"]) {
  const law = `a model of onnxruntime's static quantizer is read, weights per ${granularity}`;
  if (!hasOracle) {
    test.skip(law);
    continue;
  }
  test(law, () => {
    const dir = scratch();
    const float = { ...rowsAndImages, nodes: rowsAndImages.nodes.slice(0, -1) };
    writeFileSync(
      join(dir, "float.onnx"),
      writeModel(float, { batchNorm: "separate", form: "qdq", metadata: {} }),
    );
    const { status, stderr } = spawnSync("python3", ["-c", program, dir, granularity], { encoding: "utf8" });
    assert.is(status, 0, stderr);
    const [before, after] = ["float.onnx", "model.onnx"].map((name) => openOnnx(join(dir, name)));
    for (const name of ["dense1.weight", "conv1.weight", "dense2.weight"]) {
      const { shape, read } = after!.tensors.get(name)!;
      const values = before!.tensors.get(name)!.read();
      assert.equal(shape, before!.tensors.get(name)!.shape);
      const { weight, input } = after!.grids.get(name)!;
      assert.is(weight!.scale.length, granularity === "channel" ? shape[0]! : 1);
      const steps = Math.max(...weight!.scale);
      read().forEach((value, i) => {
        assert.ok(Math.abs(value - values[i]!) <= steps / 2 + 1e-6, `${name} ${i}`);
      });
      assert.equal(input && [input.qmin, input.qmax], granularity === "channel" ? [0, 255] : [-128, 127]);
    }
  });
}

const hasTorch =
  hasOracle && spawnSync("python3", ["-c", "import torch.ao.quantization"], { stdio: "ignore" }).status === 0;

/** Fake quantization of 128 codes of activations and 256 of weights, whose equal zero points the exporter writes once. */
const training = `
import json, sys, warnings
import torch
import torch.ao.quantization as aq
from torch import nn

warnings.simplefilter("ignore")
torch.manual_seed(0)
torch.set_num_threads(1)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.conv, self.fc = aq.QuantStub(), nn.Conv2d(1, 2, 3), nn.Linear(8, 3)
    def forward(self, x):
        return self.fc(nn.functional.max_pool2d(nn.functional.relu(self.conv(self.quant(x))), 2).flatten(1))

activation = aq.FakeQuantize.with_args(observer=aq.MovingAverageMinMaxObserver, quant_min=0, quant_max=127, dtype=torch.quint8, reduce_range=False)
net = Net().train()
net.qconfig = aq.QConfig(activation=activation, weight=aq.default_weight_fake_quant)
net = aq.prepare_qat(net)
net(torch.randn(4, 1, 6, 6))
net.eval()
net.apply(aq.disable_observer)
folds = sys.argv[2] == "folded"
torch.onnx.export(net, (torch.randn(1, 1, 6, 6),), sys.argv[1], dynamo=False, opset_version=17, do_constant_folding=folds)
of = lambda quantizer: [quantizer.scale.tolist(), quantizer.zero_point.tolist()]
found = {"conv": [net.quant.activation_post_process, net.conv.weight_fake_quant], "fc": [net.conv.activation_post_process, net.fc.weight_fake_quant]}
print(json.dumps({name: [of(one) for one in both] for name, both in found.items()}))
`;

for (const constants of ["folded", "computed"]) {
  const law = `a model of PyTorch's quantization-aware training has the grids of its layers, zero points that are ${constants}`;
  if (!hasTorch) {
    test.skip(law);
    continue;
  }
  test(law, () => {
    const path = join(scratch(), "model.onnx");
    const { status, stdout, stderr } = spawnSync("python3", ["-c", training, path, constants], {
      encoding: "utf8",
    });
    assert.is(status, 0, stderr);
    const { grids } = openOnnx(path);
    const lines = stdout.trim().split("\n");
    for (const [layer, [input, weight]] of Object.entries<[number[][], number[][]]>(
      JSON.parse(lines.at(-1)!),
    )) {
      const found = grids.get(`${layer}.weight`)!;
      assert.equal([found.input!.scale, found.input!.zeroPoint], input);
      assert.equal([found.input!.qmin, found.input!.qmax], [0, 127]);
      assert.equal([found.weight!.scale, found.weight!.zeroPoint], weight);
    }
  });
}

test.run();
