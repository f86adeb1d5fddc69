/** @file Models that onnxruntime's own quantizer has made: their weights and grids are found under the names that they had before. */
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

test.run();
