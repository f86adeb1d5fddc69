/** @file Writes an inference graph as the bytes of an ONNX model. */
import { create, toBinary } from "@bufbuild/protobuf";
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import type { Shape } from "../../../core/tensor.ts";
import { type GraphNode, type InferenceGraph, imageName } from "../../inference/graph.ts";
import { version } from "../../version.ts";
import { type CodeRanges, codeRangesMetadata } from "../codeRanges.ts";
import {
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "../proto/onnx_pb.ts";
import { foldBatchNorm } from "./foldBatchNorm.ts";
import { graphWriter, type Input, inFloat32 } from "./graphWriter.ts";
import type { BatchNormStyle, OnnxForm } from "./onnxStyle.ts";
import { parameterName } from "./productNodes.ts";
import { writeNode } from "./writeNode.ts";

/** Opset of exported models: the first one with 4-bit integers. */
export const opset = 21;

/** Version of the file format that belongs to the opset. */
const irVersion = 10;

/** Protobuf messages of 2 GB or more cannot be read. */
const mostBytes = 2 ** 31 - 1;

/** Style of a written model. */
export interface ModelStyle {
  readonly batchNorm: BatchNormStyle;
  readonly form: OnnxForm;
  /** Metadata texts of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A value whose first dimension is the number of samples. */
const valueInfo = (name: string, sides: Shape): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: DataType.FLOAT,
          shape: {
            dim: [
              { value: { case: "dimParam", value: "N" } },
              ...sides.map((side) => ({ value: { case: "dimValue" as const, value: BigInt(side) } })),
            ],
          },
        },
      },
    },
  });

/** Dimensions of one sample in ONNX, from [H, W, C]. */
const sidesOf = ([height, width, channels]: Shape, rank: 2 | 4): Shape =>
  rank === 4 ? [channels!, height!, width!] : [height! * width! * channels!];

/** The codes of all grids, by their names in the file. */
const codeRangesOf = (nodes: readonly GraphNode[]): CodeRanges =>
  new Map(
    nodes.flatMap((node) => {
      if (node.op === "quantize") return [[node.name, [node.params.qmin, node.params.qmax]] as const];
      if ((node.op !== "conv" && node.op !== "dense") || node.weights.kind !== "codes") return [];
      const { qmin, qmax } = node.weights.params;
      return [[parameterName(node.name, "weight"), [qmin, qmax]] as const];
    }),
  );

/**
 * A network as an ONNX model in QDQ form: each quantizer of activations is a pair of `QuantizeLinear` and `DequantizeLinear`, weights are
 * stored as codes behind a `DequantizeLinear`, and what the run computed in float32 is float32.
 *
 * Images are [N, C, H, W], as in PyTorch; a network whose output is one pixel returns [N, C]. Values have the names of sites and layers:
 * the codes of site `conv1/input` are the value `conv1/input`. Parameters have PyTorch's names, `conv1.weight`, and their codes are
 * `conv1.weight_quantized`.
 *
 * @throws `RangeflowFailure` if the file would be 2 GB or larger
 */
export const writeModel = (graph: InferenceGraph, { batchNorm, form, metadata }: ModelStyle): Uint8Array => {
  const nodes = batchNorm === "folded" ? foldBatchNorm(graph.nodes) : graph.nodes;
  const writer = graphWriter(form, batchNorm === "separate");
  const values = new Map<string, Input>([
    [imageName, { placed: { name: imageName, rank: 4 }, shape: graph.imageShape }],
  ]);
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => values.get(name)!);
    values.set(node.name, { placed: writeNode(writer, node, inputs), shape: node.shape });
  }
  const last = values.get(nodes.at(-1)?.name ?? imageName)!;
  const output = inFloat32(writer, last.placed);
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    producerName: "rangeflow",
    producerVersion: version,
    metadataProps: Object.entries({ ...metadata, ...codeRangesMetadata(codeRangesOf(nodes)) }).map(
      ([key, value]) => ({ key, value }),
    ),
    graph: {
      name: graph.name,
      node: [...writer.nodes],
      initializer: [...writer.initializers],
      input: [valueInfo(imageName, sidesOf(graph.imageShape, 4))],
      output: [valueInfo(output.name, sidesOf(last.shape, output.rank))],
    },
  });
  const bytes = toBinary(ModelProtoSchema, model);
  if (bytes.length > mostBytes)
    throw new RangeflowFailure(
      problem(
        graph.name,
        `an ONNX file of ${bytes.length} bytes`,
        `at most ${mostBytes}, without external data`,
      ),
    );
  return bytes;
};
