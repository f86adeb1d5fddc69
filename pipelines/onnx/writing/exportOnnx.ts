/** @file Writes the network of a run as an ONNX file. */
import { problem, RangeflowFailure, valueText } from "../../../core/errors.ts";
import { knownOptions } from "../../../core/knownOptions.ts";
import { expectedName } from "../../../core/nearest.ts";
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

/** Options of `exportOnnx`. */
export interface ExportOnnxOptions extends Opening {
  /**
   * How batch normalizations are written: `separate`, a node of its own for each, or `folded`, its gain in the scales of the layer in
   * front of it. Default: `separate`.
   */
  readonly batchNorm?: BatchNormStyle;
  /**
   * How quantized arithmetic is written: `qdq`, or `exact`, with scales as multiplications, so that a runtime reproduces the run's codes
   * to the bit but finds no integer arithmetic to use. `exact` cannot be combined with `folded`. Default: `qdq`.
   */
  readonly form?: OnnxForm;
}

/** Result of `exportOnnx`. */
export interface ExportedOnnx extends InputNormalization {
  /** Training steps of the exported weights. */
  readonly step: number;
  /** Version of the ONNX operators. */
  readonly opset: number;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** [N, C, H, W] of the input, with any N. */
  readonly input: readonly ["N", channels: number, height: number, width: number];
  /** Sites of activations whose ranges were dynamic in training. They are exported with the range of the last step. */
  readonly dynamicSites: readonly string[];
}

/** @throws `RangeflowFailure` for values that the compiler would refuse */
const checkStyle = (batchNorm: string, form: string): void => {
  for (const [option, value, known] of [
    ["batchNorm", batchNorm, ["separate", "folded"]],
    ["form", form, ["qdq", "exact"]],
  ] as const)
    if (!(known as readonly string[]).includes(value))
      throw new RangeflowFailure(
        problem(`exportOnnx, ${option}`, valueText(value), expectedName(String(value), known)),
      );
};

/**
 * Writes the network of a run's last checkpoint as an ONNX model in QDQ form (opset 21): int8 or int4 weights behind a
 * `DequantizeLinear`, a `QuantizeLinear` and a `DequantizeLinear` for each site of activations, and float32 for what the run computed in
 * float32.
 *
 * Images are [N, C, H, W], normalized as the data of the run; the metadata `inputMean` and `inputStd` state how. Results are not equal to
 * the run's bit for bit: onnxruntime divides by a scale where Rangeflow's engines multiply by its inverse, and adds float32 numbers in
 * other orders (docs/onnx.md has the effect).
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param dir directory of the run, finished or not
 * @param out the file to write; it is replaced if it exists
 * @throws `RangeflowFailure` as `inferenceGraph` does, if `exact` is combined with `folded`, and if the file would be 2 GB or larger or
 *   cannot be written
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
  options: ExportOnnxOptions = {},
): Promise<ExportedOnnx> => {
  const {
    batchNorm = "separate",
    form = "qdq",
    ...opening
  } = knownOptions("exportOnnx", options, { batchNorm: true, form: true, trust: true });
  checkStyle(batchNorm, form);
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
