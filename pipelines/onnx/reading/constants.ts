/** @file Constants of an ONNX graph: what stands in it as a tensor, or is made of tensors alone. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { type Shape, sizeOf } from "../../../core/tensor.ts";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "../proto/onnx_pb.ts";
import { constantTensors, intAttribute } from "./attributes.ts";
import type { CodeGrid } from "./codeGrid.ts";
import type { Constant } from "./constant.ts";
import { nodeText, type ReadModel } from "./readModel.ts";
import { endsOfCodes, readTensor, typeText } from "./readTensor.ts";

/** What a graph has to say of its values. */
export interface Constants {
  /** The constant that a value is, if it is one. */
  readonly constant: (value: string) => Constant | undefined;
  /** Node that computed the numbers of a value. */
  readonly origin: (value: string) => NodeProto | undefined;
  /** Grid of a `QuantizeLinear` or `DequantizeLinear`. */
  readonly grid: (node: NodeProto) => CodeGrid;
}

/** Operators that move elements, or nothing at all. */
const moving: ReadonlySet<string> = new Set([
  ...["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"],
]);

const baseName = (name: string): string => name.replace(/_quantized$/, "");

/** Index of the channel that each element belongs to: that along `axis`. */
const channelOf = (shape: Shape, axis: number): ((i: number) => number) => {
  const inner = sizeOf(shape.slice(axis + 1));
  const side = shape[axis]!;
  return (i) => Math.floor(i / inner) % side;
};

/** Matrix [in, out] as [out, in], or the other way round. */
export const transposed = (x: Constant): Constant => {
  const [rows, columns] = x.shape as [number, number];
  return {
    ...x,
    shape: [columns, rows],
    read: () => {
      const values = x.read();
      return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
    },
  };
};

/** Looks through the constants of a model; `path` is its file, for sentences. */
export const constantsOf = (path: string, { graph }: ReadModel): Constants => {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const tensors = new Map<string, TensorProto>(
    [...graph.initializer, ...graph.node.flatMap(constantTensors)].map((one) => [one.name, one]),
  );

  const origin = (value: string): NodeProto | undefined => {
    let node = makers.get(value);
    while (node !== undefined && moving.has(node.opType)) node = makers.get(node.input[0] ?? "");
    return node;
  };

  const refused = (node: NodeProto, found: string, expected: string) =>
    new RangeflowFailure(problem(path, `${nodeText(node)} with ${found}`, expected));

  const numbersOf = (node: NodeProto, of: string, value: string): readonly number[] => {
    const tensor = tensors.get(value);
    if (tensor === undefined) throw refused(node, `a ${of} that is computed`, "one that the file holds");
    return Array.from(readTensor(path, tensor).values);
  };

  /** Type that the codes of a node have where they are made, as a stored tensor or a `QuantizeLinear` has it; 0 where nothing says it. */
  const typeBefore = (node: NodeProto): number => {
    if (node.opType === "QuantizeLinear") return intAttribute(node, "output_dtype", 0);
    const codes = node.input[0] ?? "";
    const quantize = origin(codes);
    return tensors.get(codes)?.dataType ?? (quantize?.opType === "QuantizeLinear" ? codeType(quantize) : 0);
  };

  /** Type of the codes of a node, as its zero point has it, or where they are made, or opset 21 says. */
  const codeType = (node: NodeProto): number => {
    const own = tensors.get(node.input[2] ?? "")?.dataType ?? 0;
    const before = typeBefore(node);
    if (own !== 0 && before !== 0 && own !== before)
      throw refused(node, `a zero point of ${typeText(own)} and codes of ${typeText(before)}`, "one type");
    return own || before || DataType.UINT8;
  };

  /** Scales of a node and its zero points, which are 0 where it has none. */
  const levelsOf = (node: NodeProto): Pick<CodeGrid, "scale" | "zeroPoint"> => {
    const scale = numbersOf(node, "scale", node.input[1] ?? "");
    // Refuses a zero point of another type.
    codeType(node);
    const zeroPoint = node.input[2] ? numbersOf(node, "zero point", node.input[2]) : scale.map(() => 0);
    if (zeroPoint.length !== scale.length)
      throw refused(node, `${scale.length} scales and ${zeroPoint.length} zero points`, "as many of both");
    const odd = scale.find((one) => !(one > 0 && Number.isFinite(one)));
    if (scale.length === 0 || odd !== undefined)
      throw refused(node, odd === undefined ? "no scale" : `the scale ${odd}`, "scales above 0");
    return { scale, zeroPoint };
  };

  const grid = (node: NodeProto): CodeGrid => {
    const ends = endsOfCodes(codeType(node));
    if (ends === undefined) throw refused(node, "codes of another type", "int8, uint8, int4 or uint4");
    return { ...levelsOf(node), qmin: ends[0], qmax: ends[1] };
  };

  const finite = (name: string, values: Float32Array): Float32Array => {
    const odd = values.findIndex((value) => !Number.isFinite(value));
    if (odd < 0) return values;
    throw new RangeflowFailure(
      problem(path, `${values[odd]} at ${odd} of tensor ${name}`, "finite numbers", "take another file"),
    );
  };

  const ofTensor = (tensor: TensorProto): Constant => ({
    name: tensor.name,
    shape: tensor.dims.map(Number),
    dtype: typeText(tensor.dataType),
    read: () => finite(tensor.name, Float32Array.from(readTensor(path, tensor).values)),
  });

  /** What stored codes stand for: scale * (code - zeroPoint). */
  const dequantized = (node: NodeProto, tensor: TensorProto): Constant => {
    const { scale, zeroPoint } = levelsOf(node);
    const shape = tensor.dims.map(Number);
    const axis = intAttribute(node, "axis", 1);
    const from = axis < 0 ? axis + shape.length : axis;
    if (intAttribute(node, "block_size", 0) !== 0)
      throw refused(node, "a scale for each block", "one for the tensor, or one for each channel");
    if (scale.length > 1 && scale.length !== shape[from])
      throw refused(
        node,
        `${scale.length} scales along axis ${axis} of [${shape.join(", ")}]`,
        "one for each channel",
      );
    const channel = scale.length > 1 ? channelOf(shape, from) : () => 0;
    const isCode = endsOfCodes(tensor.dataType) !== undefined;
    return {
      ...ofTensor(tensor),
      name: baseName(tensor.name),
      ...(isCode && { grid: grid(node) }),
      read: () =>
        finite(
          tensor.name,
          Float32Array.from(
            readTensor(path, tensor).values,
            (code, i) => scale[channel(i)]! * (code - zeroPoint[channel(i)]!),
          ),
        ),
    };
  };

  const constant = (value: string): Constant | undefined => {
    const tensor = tensors.get(value);
    if (tensor !== undefined) return ofTensor(tensor);
    const node = makers.get(value);
    const input = node?.input[0];
    if (node === undefined || input === undefined) return undefined;
    if (node.opType === "Identity") return constant(input);
    if (node.opType === "Transpose") {
      const x = constant(input);
      return x?.shape.length === 2 ? transposed(x) : undefined;
    }
    if (node.opType !== "DequantizeLinear") return undefined;
    const codes = tensors.get(input);
    if (codes !== undefined) return dequantized(node, codes);
    // Weights that are rounded when the model runs: what is trained on is what is rounded.
    const quantize = makers.get(input);
    const x = quantize?.opType === "QuantizeLinear" ? constant(quantize.input[0]!) : undefined;
    return x && { ...x, grid: grid(node) };
  };

  return { constant, origin, grid };
};
