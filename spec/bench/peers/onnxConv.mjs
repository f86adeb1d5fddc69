/** @file Convolutions in either onnxruntime: float32 `Conv`, and `QLinearConv` on uint8 activations and int8 weights. */
import { channelsLast, channelsSecond } from "./layouts.mjs";
import { onnxModel } from "./onnxModel.mjs";

const attributesOf = ({ kernelHeight, kernelWidth, stride, padding, groups }) => ({
  kernel_shape: [kernelHeight, kernelWidth],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  group: groups,
});

const sidesSecond = ([n, h, w, c]) => [n, c, h, w];

const scalar = (type, data) => ({ type, dims: [], data });

/** onnxruntime's own form of the operator, for activations with channels last as in ours: nothing needs to be transposed. */
const quantizedModel = ({ conv, input, output, wShape, codes: { x, w, y } }) =>
  onnxModel({
    operator: "QLinearConv",
    domain: "com.microsoft",
    inputs: ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"],
    attributes: { ...attributesOf(conv), channels_last: 1 },
    constants: {
      xs: scalar("float32", Float32Array.of(x.scale)),
      xz: scalar("uint8", Uint8Array.of(x.zeroPoint + 128)),
      w: { type: "int8", dims: sidesSecond(wShape), data: channelsSecond(w.codes, wShape) },
      ws: scalar("float32", Float32Array.of(w.scale)),
      wz: scalar("int8", Int8Array.of(w.zeroPoint)),
      ys: scalar("float32", Float32Array.of(y.scale)),
      yz: scalar("uint8", Uint8Array.of(y.zeroPoint + 128)),
    },
    input: { name: "x", type: "uint8", dims: input },
    output: { name: "y", type: "uint8", dims: output },
  });

const floatModel = ({ conv, input, output, wShape, w }) =>
  onnxModel({
    operator: "Conv",
    inputs: ["x", "w"],
    attributes: attributesOf(conv),
    constants: { w: { type: "float32", dims: sidesSecond(wShape), data: channelsSecond(w, wShape) } },
    input: { name: "x", type: "float32", dims: sidesSecond(input) },
    output: { name: "y", type: "float32", dims: sidesSecond(output) },
  });

/**
 * The forward product of a task; undefined for what onnxruntime has no operator for.
 *
 * @param options of the session, such as its execution provider and number of threads
 */
export const onnxConv =
  ({ InferenceSession, Tensor }, name, options) =>
  async (task) => {
    if (task.product !== "forward") return undefined;
    const isInteger = task.number === "int8";
    const session = await InferenceSession.create(
      new Uint8Array(isInteger ? quantizedModel(task) : floatModel(task)),
      { graphOptimizationLevel: "all", logSeverityLevel: 3, ...options },
    );
    const x = isInteger
      ? new Tensor(
          "uint8",
          Uint8Array.from(task.codes.x.codes, (code) => code + 128),
          task.input,
        )
      : new Tensor("float32", channelsSecond(task.x, task.input), sidesSecond(task.input));
    const run = () => session.run({ x });
    return {
      name: `${name} ${isInteger ? "QLinearConv" : "Conv float32"}`,
      run,
      result: async () => {
        const { data } = (await run()).y;
        return isInteger ? Int8Array.from(data, (code) => code - 128) : channelsLast(data, task.output);
      },
      close: () => session.release(),
    };
  };
