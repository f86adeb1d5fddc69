/** @file ONNX files as others see them: `onnx.checker`, and onnxruntime, where Python has both. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Shape } from "../../../core/tensor.ts";
import { scratch } from "../files/scratch.ts";

/** Whether Python has what the specs of ONNX ask it; a spec that needs it is skipped where not. */
export const hasOracle: boolean =
  spawnSync("python3", ["-c", "import onnx, onnxruntime, numpy"], { stdio: "ignore" }).status === 0;

const program = `
import json, sys
import numpy as np
import onnx
import onnxruntime as ort

dir, names, level, shape = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
model = onnx.load(dir + "/model.onnx")
onnx.checker.check_model(model, full_check=True)
inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
types = {value.name: value.type.tensor_type.elem_type for value in inferred.graph.value_info}
known = {output.name for output in model.graph.output}
for i, name in enumerate(names):
    if types.get(name) == onnx.TensorProto.INT4:  # numpy has no such type
        model.graph.node.append(onnx.helper.make_node("Cast", [name], [name + "/int8"], to=onnx.TensorProto.INT8))
        names[i], types[name + "/int8"] = name + "/int8", onnx.TensorProto.INT8
    if name not in known:
        model.graph.output.append(onnx.helper.make_tensor_value_info(names[i], types[names[i]], None))
options = ort.SessionOptions()
options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
options.intra_op_num_threads = 1
options.log_severity_level = 3
session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
images = np.fromfile(dir + "/images.f32", dtype="<f4").reshape(shape)
parts = [session.run(names, {"image": images[at : at + 100]}) for at in range(0, len(images), 100)]
values = [np.concatenate(part).astype("<f4") for part in zip(*parts)]
for i, value in enumerate(values):
    value.tofile(f"{dir}/{i}.f32")
print(json.dumps([list(value.shape) for value in values]))
`;

/** A value that onnxruntime has computed, codes as numbers. */
export interface Answer {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Images [N, H, W, C] as [N, C, H, W]. */
export const channelsFirst = (images: Float32Array, [n, h, w, c]: Shape): Float32Array => {
  const to = new Float32Array(images.length);
  const area = h! * w!;
  for (let i = 0; i < n!; i++)
    for (let p = 0; p < area; p++)
      for (let k = 0; k < c!; k++) to[(i * c! + k) * area + p] = images[(i * area + p) * c! + k]!;
  return to;
};

/** Images [N, C, H, W] as [N, H, W, C]. */
export const channelsLast = (images: Float32Array, [n, c, h, w]: Shape): Float32Array =>
  channelsFirst(images, [n!, c!, 1, h! * w!]);

/**
 * Checks a model with `onnx.checker` and strict shape inference, and runs it on images [N, H, W, C].
 *
 * @param names values to be given
 * @param level a graph optimization level of onnxruntime
 */
export const answers = (
  model: Uint8Array,
  images: Float32Array,
  shape: Shape,
  names: readonly string[],
  level: "ORT_DISABLE_ALL" | "ORT_ENABLE_BASIC" | "ORT_ENABLE_ALL" = "ORT_DISABLE_ALL",
): readonly Answer[] => {
  const dir = scratch();
  const [n, h, w, c] = shape;
  writeFileSync(join(dir, "model.onnx"), model);
  writeFileSync(join(dir, "images.f32"), new Uint8Array(channelsFirst(images, shape).buffer));
  const args = ["-c", program, dir, JSON.stringify(names), level, JSON.stringify([n, c, h, w])];
  const { status, stdout, stderr } = spawnSync("python3", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  assert.is(status, 0, stderr);
  const shapes = JSON.parse(stdout) as readonly Shape[];
  return shapes.map((found, i) => {
    const bytes = readFileSync(join(dir, `${i}.f32`));
    return { shape: found, data: new Float32Array(new Uint8Array(bytes).buffer) };
  });
};
