/** @file Float32 convolutions in TensorFlow.js, on the backends `wasm` and `cpu`. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { transposed } from "./layouts.mjs";
import { trainersOn } from "./tensorflowStep.mjs";

const paddingOf = ({ padding }) => [
  [0, 0],
  [padding, padding],
  [padding, padding],
  [0, 0],
];

/** OHWI to the HWIO of TensorFlow, [H, W, C, 1] of a depthwise convolution, and back. */
const filterOf = (w, shape, isDepthwise) => transposed(w, shape, isDepthwise ? [1, 2, 0, 3] : [1, 2, 3, 0]);
const weightsOf = (w, [o, h, k, i], isDepthwise) =>
  isDepthwise ? transposed(w, [h, k, o, i], [2, 0, 1, 3]) : transposed(w, [h, k, i, o], [3, 0, 1, 2]);

/** How each backend takes the product of a task, as a function that makes a new tensor. */
const computation = ({ conv, product, input, wShape, x, w, dy, output }) => {
  const isDepthwise = conv.groups > 1;
  if (isDepthwise && (conv.groups !== conv.inChannels || conv.groups !== conv.outChannels)) return undefined;
  if (isDepthwise && product !== "forward") return undefined;
  const [o, h, k, i] = wShape;
  const filterShape = isDepthwise ? [h, k, o, 1] : [h, k, i, o];
  const filter = tf.tensor4d(filterOf(w, wShape, isDepthwise), filterShape);
  const image = tf.tensor4d(x, input);
  const gradient = tf.tensor4d(dy, output);
  const { stride } = conv;
  const pad = paddingOf(conv);
  const attributes = { strides: stride, pad, dataFormat: "NHWC", dimRoundingMode: undefined };
  const runs = {
    forward: () =>
      isDepthwise ? tf.depthwiseConv2d(image, filter, stride, pad) : tf.conv2d(image, filter, stride, pad),
    "backward-input": () =>
      tf
        .engine()
        .runKernel("Conv2DBackpropInput", { dy: gradient, filter }, { ...attributes, inputShape: input }),
    "backward-weight": () =>
      tf
        .engine()
        .runKernel("Conv2DBackpropFilter", { x: image, dy: gradient }, { ...attributes, filterShape }),
  };
  return {
    compute: runs[product],
    ordered: (data) => (product === "backward-weight" ? weightsOf(data, wShape, isDepthwise) : data),
    close: () => tf.dispose([filter, image, gradient]),
  };
};

/** The float32 products that a backend has kernels for. */
const convOn = (backend) => async (task) => {
  const kernels = {
    forward: "Conv2D",
    "backward-input": "Conv2DBackpropInput",
    "backward-weight": "Conv2DBackpropFilter",
  };
  if (task.number !== "float32" || !tf.getKernel(kernels[task.product], backend)) return undefined;
  await tf.setBackend(backend);
  const computed = computation(task);
  if (computed === undefined) return undefined;
  const { compute, ordered, close } = computed;
  /** Reading waits for the kernel and moves the tensors to this backend the first time. */
  const read = () => {
    tf.setBackend(backend);
    const y = compute();
    const data = y.dataSync();
    y.dispose();
    return data;
  };
  return {
    name: `tfjs-backend-${backend} float32`,
    run: read,
    result: async () => ordered(read()),
    close,
  };
};

/** One backend of TensorFlow.js, on one thread. */
export const open = (backend) => async () => {
  const files = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
  setWasmPaths(`${files}/`);
  setThreadsCount(1);
  await tf.setBackend(backend);
  await tf.ready();
  return {
    name: `tfjs-backend-${backend}`,
    conv: convOn(backend),
    trainers: trainersOn(backend),
    close: () => {},
  };
};
