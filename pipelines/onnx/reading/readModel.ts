/** @file Reads ONNX files of any origin and checks them. */
import { fromBinary } from "@bufbuild/protobuf";
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { readRegular } from "../../files/regularFile.ts";
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto } from "../proto/onnx_pb.ts";

const what = "an ONNX model";

/** First opset with everything that QDQ form needs: `QuantizeLinear` with an axis. */
const oldestOpset = 13;

/** Operators that exports of Rangeflow's networks may contain, and operators around them that change no number. */
const knownOperators: ReadonlySet<string> = new Set([
  ...["Conv", "Gemm", "MatMul", "BatchNormalization", "QuantizeLinear", "DequantizeLinear"],
  ...["Relu", "Clip", "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean"],
  ...["Add", "Mul", "Sub", "Div", "Concat", "Slice", "Pad", "DepthToSpace", "Gather"],
  ...["Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"],
  ...["Constant", "Shape", "Softmax", "LogSoftmax"],
]);

/** A model with a graph. */
export type ReadModel = ModelProto & { readonly graph: GraphProto };

const isOwnDomain = (domain: string): boolean => domain === "" || domain === "ai.onnx";

const decoded = (path: string, bytes: Uint8Array): ReadModel => {
  const refused = (found: string) =>
    new RangeflowFailure(problem(path, found, what, "write it again with torch.onnx.export"));
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch {
    throw refused("bytes that are not a complete protobuf message");
  }
  const { graph, irVersion } = model;
  if (graph === undefined || graph.node.length === 0 || irVersion === 0n)
    throw refused("a protobuf message without a graph of nodes");
  return model as ReadModel;
};

/** A node in messages. */
export const nodeText = ({ name, opType, output }: NodeProto): string =>
  `${opType} ${name || output[0] || ""}`;

const checkOpset = (path: string, { opsetImport }: ModelProto): void => {
  const version = opsetImport.find(({ domain }) => isOwnDomain(domain))?.version;
  if (version !== undefined && version >= oldestOpset) return;
  throw new RangeflowFailure(
    problem(
      path,
      version === undefined ? "no opset" : `opset ${version}`,
      `opset ${oldestOpset} or newer`,
      "convert it with onnx.version_converter",
    ),
  );
};

const checkOperators = (path: string, { node }: GraphProto): void => {
  const strange = node.find(({ opType, domain }) => !isOwnDomain(domain) || !knownOperators.has(opType));
  if (strange === undefined) return;
  const { domain } = strange;
  throw new RangeflowFailure(
    problem(
      path,
      `operator ${isOwnDomain(domain) ? "" : `${domain}.`}${nodeText(strange)}`,
      "convolutions, dense layers, normalizations and the operators between them, with QuantizeLinear and DequantizeLinear",
      "export it in QDQ form",
    ),
  );
};

/** Refuses two tensors of the same name, which would be ambiguous. An input with a default is also an initializer. */
const checkNames = (path: string, { node, input, initializer }: GraphProto): void => {
  const seen = new Set<string>();
  const initialized = new Set(initializer.map(({ name }) => name));
  const inputs = input.filter(({ name }) => !initialized.has(name));
  for (const name of [
    ...[...inputs, ...initializer].map((one) => one.name),
    ...node.flatMap(({ output }) => output),
  ]) {
    if (name !== "" && seen.has(name))
      throw new RangeflowFailure(
        problem(path, `two tensors named ${name}`, "a unique name for each", "write it again"),
      );
    seen.add(name);
  }
};

/** Refuses a node whose input is not made by an earlier node. */
const checkInputs = (path: string, { node, input, initializer }: GraphProto): void => {
  const there = new Set([...input, ...initializer].map(({ name }) => name));
  for (const one of node) {
    const missing = one.input.find((name) => name !== "" && !there.has(name));
    if (missing !== undefined)
      throw new RangeflowFailure(
        problem(
          path,
          `no tensor ${missing}, which ${nodeText(one)} takes`,
          "an initializer, or the output of an earlier node",
        ),
      );
    for (const name of one.output) there.add(name);
  }
};

/**
 * Reads a model, and checks what has to hold for the whole of it.
 *
 * @throws `RangeflowFailure` if the file is missing, larger than 2 GB, truncated or no model, or if the model is older than opset 13, has
 *   an operator that Rangeflow's networks do not have, two tensors of one name, or a node without its inputs
 */
export const readModel = (path: string): ReadModel => {
  const model = decoded(path, readRegular(path, what));
  checkOpset(path, model);
  checkOperators(path, model.graph);
  checkNames(path, model.graph);
  checkInputs(path, model.graph);
  return model;
};
