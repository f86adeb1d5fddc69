/** @file The network of a run as an ONNX file. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import {
  type InputNormalization,
  inputNormalization,
  normalizationMetadata,
} from "../../data/inputNormalization.ts";
import type { RunSource } from "../../experiments/source.ts";
import { writeOutput } from "../../files/outputFiles.ts";
import { inferenceGraph } from "../../inference/inferenceGraph.ts";
import type { Opening } from "../../runs/openSource.ts";
import type { BatchNormStyle, OnnxForm } from "./onnxStyle.ts";
import { opset, writeModel } from "./writeModel.ts";

export interface ExportOnnxOptions extends Opening {
  /** A node of its own for each batch normalization, or its gain in the scales of the layer in front of it; `separate` where missing. */
  readonly batchNorm?: BatchNormStyle;
  /**
   * `qdq` where missing; `exact` has the scales as multiplications, so that a runtime gets our codes to the bit, and does not find integers to
   * compute with.
   */
  readonly form?: OnnxForm;
}

export interface ExportedOnnx extends InputNormalization {
  /** Training steps that lie behind the weights. */
  readonly step: number;
  readonly opset: number;
  readonly bytes: number;
  /** [N, C, H, W] of the input; N is any number. */
  readonly input: readonly ["N", channels: number, height: number, width: number];
  /** Sites of activations with the range of their last step, since training found it in each tensor. */
  readonly dynamicSites: readonly string[];
}

/**
 * Writes the network of a run's last checkpoint as an ONNX model in QDQ form (opset 21): int8 or int4 weights behind a `DequantizeLinear`, a
 * `QuantizeLinear` and a `DequantizeLinear` for each site of activations, float32 for what the run computed in float32.
 *
 * Images are [N, C, H, W], normalized as the data of the run, by the metadata `inputMean` and `inputStd`. The bits are not those of the run: onnxruntime divides by a scale where our engines
 * multiply with its inverse, and adds float32 numbers in other orders (docs/onnx.md has what that comes to).
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param dir the directory of the run, finished or not
 * @param out the file to write, in place of what is there
 * @throws `RangeflowFailure` as `inferenceGraph`, and if the file would be 2 GB or larger or cannot be written
 * @example not run: it reads a run
 * import { builtIn } from "rangeflow";
 * import { exportOnnx } from "rangeflow/pipelines";
 *
 * const { bytes } = await exportOnnx(builtIn(), "runs/mine", "mine.onnx", { batchNorm: "folded" });
 */
export const exportOnnx = async (
  source: RunSource,
  dir: string,
  out: string,
  { batchNorm = "separate", form = "qdq", ...opening }: ExportOnnxOptions = {},
): Promise<ExportedOnnx> => {
  if (form === "exact" && batchNorm === "folded")
    throw new RangeflowFailure(
      problem("exact", "folded batch normalizations", "separate ones", "folding rounds in other places"),
    );
  const graph = await inferenceGraph(source, dir, opening);
  const { step, runId, weightsSha256, imageShape, dynamicSites, classes } = graph;
  const normalization = inputNormalization(graph);
  const metadata = {
    run: runId,
    form,
    step: String(step),
    weightsSha256,
    ...normalizationMetadata(normalization),
    ...(classes.length > 0 && { classes: JSON.stringify(classes) }),
  };
  const model = writeModel(graph, { batchNorm, form, metadata });
  writeOutput(out, [model]);
  const [height, width, channels] = imageShape as [number, number, number];
  return {
    step,
    opset,
    bytes: model.length,
    input: ["N", channels, height, width],
    dynamicSites,
    ...normalization,
  };
};
