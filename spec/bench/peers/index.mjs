/** @file Contents of the peers: each opens by itself, so that one that is missing leaves the others alone. */
export const peers = {
  "onnxruntime-web": async () => (await import("./onnxruntimeWeb.mjs")).open(),
  "onnxruntime-node": async () => (await import("./onnxruntimeNode.mjs")).open(),
  "jax-js": async () => (await import("./jax.mjs")).open(),
  "tfjs-backend-wasm": async () => (await import("./tensorflow.mjs")).open("wasm")(),
  "tfjs-backend-cpu": async () => (await import("./tensorflow.mjs")).open("cpu")(),
  pytorch: async () => (await import("./pytorch.mjs")).open(),
};
