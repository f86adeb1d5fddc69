/** @file Constants of an ONNX graph: tensors, and what is computed from tensors alone. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { type Shape, sizeOf } from "../../../core/tensor.ts";
import type { NodeProto, TensorProto } from "../proto/onnx_pb.ts";
import { intAttribute } from "./attributes.ts";
import type { CodeGrid } from "./codeGrid.ts";
import type { Constant } from "./constant.ts";
import { type GraphValues, graphValues } from "./graphValues.ts";
import { type NodeGrids, nodeGrids } from "./nodeGrids.ts";
import type { ReadModel } from "./readModel.ts";
import { endsOfCodes, readTensor, typeText } from "./readTensor.ts";

/** Lookups of constants in a graph. */
export interface Constants extends Pick<GraphValues, "way" | "bounds">, Pick<NodeGrids, "grid"> {
  /** The constant of a value, if it is one; named after an `Identity` if others use the same tensor as well. */
  readonly constant: (value: string) => Constant | undefined;
}

const baseName = (name: string): string => name.replace(/_quantized$/, "");

/** Channel index of each element, along `axis`. */
const channelOf = (shape: Shape, axis: number): ((i: number) => number) => {
  const inner = sizeOf(shape.slice(axis + 1));
  const side = shape[axis]!;
  return (i) => Math.floor(i / inner) % side;
};

/** A grid of weights with one scale per channel along an axis; without the axis if there is one scale only. */
const alongAxis = ({ axis: _, ...grid }: CodeGrid, axis: number): CodeGrid =>
  grid.scale.length > 1 && axis !== 0 ? { ...grid, axis } : grid;

/** Matrix [in, out] as [out, in], or the other way round. */
export const transposed = (x: Constant): Constant => {
  const [rows, columns] = x.shape as [number, number];
  return {
    ...x,
    shape: [columns, rows],
    ...(x.grid && { grid: alongAxis(x.grid, 1 - (x.grid.axis ?? 0)) }),
    read: () => {
      const values = x.read();
      return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
    },
  };
};

/** Finds the constants of a model; `path` is its file, for messages. */
export const constantsOf = (path: string, model: ReadModel): Constants => {
  const values = graphValues(path, model);
  const { tensors, makers, takers, way, bounds, refused } = values;
  const { levels, grid } = nodeGrids(values);

  const finite = (name: string, numbers: Float32Array): Float32Array => {
    const odd = numbers.findIndex((one) => !Number.isFinite(one));
    if (odd < 0) return numbers;
    throw new RangeflowFailure(
      problem(path, `${numbers[odd]} at ${odd} of tensor ${name}`, "finite numbers", "use another file"),
    );
  };

  const ofTensor = (tensor: TensorProto): Constant => ({
    name: tensor.name,
    shape: tensor.dims.map(Number),
    dtype: typeText(tensor.dataType),
    read: () => finite(tensor.name, Float32Array.from(readTensor(path, tensor).values)),
  });

  /** Axis of the channels that scales of weights belong to. */
  const axisOf = (node: NodeProto, scale: readonly number[], shape: Shape): number => {
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
    return from;
  };

  /** Numbers that stored codes stand for: scale * (code - zeroPoint). */
  const dequantized = (node: NodeProto, tensor: TensorProto): Constant => {
    const { scale, zeroPoint } = levels(node);
    const shape = tensor.dims.map(Number);
    const axis = axisOf(node, scale, shape);
    const channel = scale.length > 1 ? channelOf(shape, axis) : () => 0;
    const isCode = endsOfCodes(tensor.dataType) !== undefined;
    return {
      ...ofTensor(tensor),
      name: baseName(tensor.name),
      ...(isCode && { grid: alongAxis(grid(node), axis) }),
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
    if (node.opType === "Identity") {
      const x = constant(input);
      return x && takers(input) > 1 ? { ...x, name: value } : x;
    }
    if (node.opType === "Transpose") {
      const x = constant(input);
      return x?.shape.length === 2 ? transposed(x) : undefined;
    }
    if (node.opType !== "DequantizeLinear") return undefined;
    const codes = tensors.get(input);
    if (codes !== undefined) return dequantized(node, codes);
    // Weights that the model rounds at run time: training starts from the rounded values.
    const quantize = way(input).origin;
    const x = quantize?.opType === "QuantizeLinear" ? constant(quantize.input[0]!) : undefined;
    if (x === undefined) return undefined;
    const ofNode = grid(node);
    return { ...x, grid: alongAxis(ofNode, axisOf(node, ofNode.scale, x.shape)) };
  };

  return { constant, way, bounds, grid };
};
