import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { onnxConv } from "./onnxConv.mjs";

const onWasm = onnxConv({ InferenceSession, Tensor }, "onnxruntime-web", { executionProviders: ["wasm"] });

/** The first session leaves a global `Worker` behind, which jax-js would take for a browser's. */
const conv = async (task) => {
  const session = await onWasm(task);
  delete globalThis.Worker;
  return session;
};

/** onnxruntime in WebAssembly, on one thread. */
export const open = async () => {
  env.wasm.numThreads = 1;
  env.logLevel = "error";
  return { name: "onnxruntime-web", conv, close: () => {} };
};
