/** @file ONNX files in onnxruntime-web, where it is installed beside the bench (`npm install --prefix spec/bench --ignore-scripts`). */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Shape } from "../../../core/tensor.ts";
import { channelsFirst } from "./oracle.ts";

const entry = resolve("spec/bench/node_modules/onnxruntime-web/dist/ort.node.min.mjs");

/** Whether onnxruntime-web is there. */
export const hasWeb: boolean = existsSync(entry);

/** The part of onnxruntime-web that is used here. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly InferenceSession: {
    readonly create: (
      model: Uint8Array,
      options: object,
    ) => Promise<{
      readonly run: (
        feeds: object,
        names: readonly string[],
      ) => Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
    }>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => object;
}

const batch = 20;

/** An output of a model for images [N, H, W, C], in batches; undefined without onnxruntime-web. */
export const webAnswers = async (
  model: Uint8Array,
  images: Float32Array,
  [n, h, w, c]: Shape,
  output: string,
  graphOptimizationLevel: "disabled" | "basic" | "all",
): Promise<Float32Array | undefined> => {
  if (!hasWeb) return undefined;
  const { env, InferenceSession, Tensor }: Runtime = await import(pathToFileURL(entry).href);
  env.wasm.numThreads = 1;
  env.logLevel = "error";
  const options = { executionProviders: ["wasm"], graphOptimizationLevel };
  const session = await InferenceSession.create(model, options);
  const size = h! * w! * c!;
  const found: number[] = [];
  for (let at = 0; at < n!; at += batch) {
    const count = Math.min(batch, n! - at);
    const data = channelsFirst(images.subarray(at * size, (at + count) * size), [count, h!, w!, c!]);
    const answer = await session.run({ image: new Tensor("float32", data, [count, c!, h!, w!]) }, [output]);
    found.push(...answer[output]!.data);
  }
  return Float32Array.from(found);
};
