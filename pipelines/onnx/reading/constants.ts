/** @file Constants of an ONNX graph: what stands in it as a tensor, or is made of tensors alone. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { type Shape, sizeOf } from "../../../core/tensor.ts";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "../proto/onnx_pb.ts";
import { constantTensors, intAttribute } from "./attributes.ts";
import { type Bounds, type CodeGrid, clippedTo } from "./codeGrid.ts";
import type { Constant } from "./constant.ts";
import { boundsOf, clippers, type Way, wayTo } from "./passing.ts";
import { nodeText, type ReadModel } from "./readModel.ts";
import { endsOfCodes, readTensor, typeText } from "./readTensor.ts";

/** What a graph has to say of its values. */
export interface Constants {
  /** The constant that a value is, if it is one; by the name of an `Identity` where others take the same tensor, too. */
  readonly constant: (value: string) => Constant | undefined;
  /** How a value came from the node that computed its numbers. */
  readonly way: (value: string) => Way;
  /** What a `Relu` or a `Clip` clips to; undefined where the file computes it. */
  readonly bounds: (node: NodeProto) => Bounds | undefined;
  /** Grid of a `DequantizeLinear`: the codes that come to it. */
  readonly grid: (node: NodeProto) => CodeGrid;
}

/** What codes stand for. */
type Levels = Pick<CodeGrid, "scale" | "zeroPoint">;

/** A float32 number as somebody would write it, or the first of many. */
const shortList = ([first, ...more]: readonly number[]): string =>
  `${Number(first?.toPrecision(7))}${more.length === 0 ? "" : ", .."}`;

/** Numbers that a file holds, of a type. */
interface Held {
  readonly dataType: number;
  readonly values: () => readonly number[];
}

const baseName = (name: string): string => name.replace(/_quantized$/, "");

/** Index of the channel that each element belongs to: that along `axis`. */
const channelOf = (shape: Shape, axis: number): ((i: number) => number) => {
  const inner = sizeOf(shape.slice(axis + 1));
  const side = shape[axis]!;
  return (i) => Math.floor(i / inner) % side;
};

/** A grid of weights whose scales are those of channels along an axis; it says nothing where there is one scale. */
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

/** Looks through the constants of a model; `path` is its file, for sentences. */
export const constantsOf = (path: string, { graph }: ReadModel): Constants => {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const tensors = new Map<string, TensorProto>(
    [...graph.initializer, ...graph.node.flatMap(constantTensors)].map((one) => [one.name, one]),
  );

  const takers = new Map<string, number>();
  for (const name of graph.node.flatMap(({ input }) => input)) takers.set(name, (takers.get(name) ?? 0) + 1);

  const way = (value: string): Way => wayTo(makers, value);

  const refused = (node: NodeProto, found: string, expected: string) =>
    new RangeflowFailure(problem(path, `${nodeText(node)} with ${found}`, expected));

  /** What a value holds: a tensor, or one behind an `Identity`, which exporters make of equal tensors, or behind a `Cast`. */
  const held = (value: string): Held | undefined => {
    const tensor = tensors.get(value);
    if (tensor !== undefined)
      return { dataType: tensor.dataType, values: () => Array.from(readTensor(path, tensor).values) };
    const node = makers.get(value);
    if (node?.opType !== "Identity" && node?.opType !== "Cast") return undefined;
    const before = held(node.input[0] ?? "");
    return before && node.opType === "Cast" ? castTo(node, before) : before;
  };

  const castTo = (node: NodeProto, { values }: Held): Held => {
    const dataType = intAttribute(node, "to", 0);
    const ends = endsOfCodes(dataType);
    const fits = (one: number): boolean =>
      !ends || (Number.isInteger(one) && one >= ends[0] && one <= ends[1]);
    return {
      dataType,
      values: () => {
        const odd = values().find((one) => !fits(one));
        if (odd === undefined) return dataType === DataType.FLOAT ? values().map(Math.fround) : values();
        throw refused(node, `${odd} as ${typeText(dataType)}`, "a number that the type has");
      },
    };
  };

  const numbersOf = (node: NodeProto, of: string, value: string): readonly number[] => {
    const found = held(value);
    if (found === undefined) throw refused(node, `a ${of} that is computed`, "one that the file holds");
    return found.values();
  };

  const bounds = (node: NodeProto): Bounds | undefined => boundsOf(node, (value) => held(value)?.values()[0]);

  /** Type that the codes of a node have where they are made, as a stored tensor or a `QuantizeLinear` has it; 0 where nothing says it. */
  const typeBefore = (node: NodeProto): number => {
    if (node.opType === "QuantizeLinear") return intAttribute(node, "output_dtype", 0);
    const codes = node.input[0] ?? "";
    const quantize = way(codes).origin;
    return tensors.get(codes)?.dataType ?? (quantize?.opType === "QuantizeLinear" ? codeType(quantize) : 0);
  };

  /** Type of the codes of a node, as its zero point has it, or where they are made, or opset 21 says. */
  const codeType = (node: NodeProto): number => {
    const own = held(node.input[2] ?? "")?.dataType ?? 0;
    const before = typeBefore(node);
    if (own !== 0 && before !== 0 && own !== before)
      throw refused(node, `a zero point of ${typeText(own)} and codes of ${typeText(before)}`, "one type");
    return own || before || DataType.UINT8;
  };

  /** Scales of a node and its zero points, which are 0 where it has none. */
  const levelsOf = (node: NodeProto): Levels => {
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

  /** Refuses codes that stand for other numbers than those that they were made of. */
  const checkSameLevels = (node: NodeProto, { scale, zeroPoint }: Levels, quantize: NodeProto): void => {
    const made = levelsOf(quantize);
    const of = (one: Levels): string =>
      `scale ${shortList(one.scale)} and zero point ${shortList(one.zeroPoint)}`;
    if (scale.join() !== made.scale.join() || zeroPoint.join() !== made.zeroPoint.join())
      throw refused(node, of({ scale, zeroPoint }), `those of ${nodeText(quantize)}, ${of(made)}`);
  };

  const grid = (node: NodeProto): CodeGrid => {
    const ends = endsOfCodes(codeType(node));
    if (ends === undefined) throw refused(node, "codes of another type", "int8, uint8, int4 or uint4");
    const levels = levelsOf(node);
    const whole: CodeGrid = { ...levels, qmin: ends[0], qmax: ends[1] };
    const { origin, passed } = way(node.input[0] ?? "");
    if (origin?.opType === "QuantizeLinear") checkSameLevels(node, levels, origin);
    return passed
      .filter(({ opType }) => clippers.has(opType))
      .reduce((before, clip) => {
        const ofCodes = bounds(clip);
        if (ofCodes === undefined) throw refused(clip, "a bound that is computed", "one that the file holds");
        const after = clippedTo(before, ofCodes);
        if (after.qmin < after.qmax) return after;
        throw refused(clip, `bounds ${ofCodes.join(" and ")} of codes`, "some that leave two codes or more");
      }, whole);
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

  /** The axis of the channels that scales of weights belong to. */
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

  /** What stored codes stand for: scale * (code - zeroPoint). */
  const dequantized = (node: NodeProto, tensor: TensorProto): Constant => {
    const { scale, zeroPoint } = levelsOf(node);
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
      return x && takers.get(input)! > 1 ? { ...x, name: value } : x;
    }
    if (node.opType === "Transpose") {
      const x = constant(input);
      return x?.shape.length === 2 ? transposed(x) : undefined;
    }
    if (node.opType !== "DequantizeLinear") return undefined;
    const codes = tensors.get(input);
    if (codes !== undefined) return dequantized(node, codes);
    // Weights that are rounded when the model runs: what is trained on is what is rounded.
    const quantize = way(input).origin;
    const x = quantize?.opType === "QuantizeLinear" ? constant(quantize.input[0]!) : undefined;
    if (x === undefined) return undefined;
    const ofNode = grid(node);
    return { ...x, grid: alongAxis(ofNode, axisOf(node, ofNode.scale, x.shape)) };
  };

  return { constant, way, bounds, grid };
};
