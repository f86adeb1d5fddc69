/** @file An ONNX graph that is being written: its nodes and initializers so far, and the position of each value. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import type { QParams } from "../../../core/qparams.ts";
import type { Shape } from "../../../core/tensor.ts";
import { type AttributeValue, nodeProto } from "../nodes.ts";
import type { NodeProto, TensorProto } from "../proto/onnx_pb.ts";
import { int64Tensor, scaleTensor, zeroPointTensor } from "../tensors.ts";
import { flattenedOrder, inverseOrder, type Order } from "./layouts.ts";
import type { OnnxForm } from "./onnxStyle.ts";

/** A value in the graph: an image [N, C, H, W], or a row [N, C] per sample. */
export interface Placed {
  readonly name: string;
  readonly rank: 2 | 4;
  /** Order of the elements of a row, if it differs from Rangeflow's. */
  readonly order?: Order | undefined;
  /** Grid of its codes, if it consists of codes. */
  readonly codes?: QParams;
}

/** An input of a node: its position in the graph, and its shape [H, W, C] in Rangeflow. */
export interface Input {
  readonly placed: Placed;
  readonly shape: Shape;
}

/** Adds nodes to a graph. */
export interface GraphWriter {
  readonly form: OnnxForm;
  /** Whether biases of quantized layers are added by separate nodes. onnxruntime rounds biases inside a layer to its integer units. */
  readonly hasBiasesApart: boolean;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  /** Adds a node and returns the name of its output. */
  readonly add: (
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes?: Readonly<Record<string, AttributeValue>>,
  ) => string;
  /** Adds a tensor and returns its name. */
  readonly constant: (tensor: TensorProto) => string;
  /** Name of the scale of `name`, which is added on first use. */
  readonly scale: (name: string, params: QParams) => string;
  /** Name of the zero point of `name`, which is added on first use. */
  readonly zeroPoint: (name: string, params: QParams) => string;
  /** A value derived from others. It is made on first use of its name, and reused. */
  readonly derived: (name: string, make: (name: string) => void) => string;
}

/** @throws `RangeflowFailure`, from the functions that add, if a network gives two values the same name */
export const graphWriter = (form: OnnxForm, hasBiasesApart: boolean): GraphWriter => {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const taken = new Set<string>();
  const derivedNames = new Set<string>();
  const take = (name: string): void => {
    if (taken.has(name))
      throw new RangeflowFailure(
        problem(name, "a layer with the name of another layer's tensor", "unique names", "rename the layer"),
      );
    taken.add(name);
  };
  const constant = (tensor: TensorProto): string => {
    take(tensor.name);
    initializers.push(tensor);
    return tensor.name;
  };
  const derived = (name: string, make: (name: string) => void): string => {
    if (!derivedNames.has(name)) make(name);
    derivedNames.add(name);
    return name;
  };
  return {
    form,
    hasBiasesApart,
    nodes,
    initializers,
    add: (opType, inputs, output, attributes) => {
      take(output);
      nodes.push(nodeProto(opType, inputs, output, attributes));
      return output;
    },
    constant,
    scale: (name, params) => derived(`${name}_scale`, () => constant(scaleTensor(name, params))),
    zeroPoint: (name, params) => derived(`${name}_zero_point`, () => constant(zeroPointTensor(name, params))),
    derived,
  };
};

/** A value in float32: itself, or what its codes stand for, which is written once for all users. */
export const inFloat32 = ({ add, derived, scale, zeroPoint }: GraphWriter, value: Placed): Placed => {
  const { codes, ...rest } = value;
  if (codes === undefined) return value;
  const grid = [scale(value.name, codes), zeroPoint(value.name, codes)];
  const name = derived(`${value.name}_dequantized`, (output) =>
    add("DequantizeLinear", [value.name, ...grid], output),
  );
  return { ...rest, name };
};

/**
 * A row per sample. Codes stay codes: nodes that move elements are placed before `DequantizeLinear`, because onnxruntime would move that
 * behind them and then refuse the types that it has given to both.
 */
export const asRow = (writer: GraphWriter, value: Placed, shape: Shape): Placed => {
  if (value.rank === 2) return value;
  const name = writer.derived(`${value.name}_flat`, (output) =>
    writer.add("Flatten", [value.name], output, { axis: 1 }),
  );
  return { ...value, name, rank: 2, order: flattenedOrder(shape) };
};

/** A value with its elements in Rangeflow's order of channels. */
const inOurOrder = (writer: GraphWriter, value: Placed): Placed => {
  const { name, order, ...rest } = value;
  if (order === undefined) return value;
  const ours = writer.derived(`${name}_ordered`, (output) => {
    const indices = writer.constant(int64Tensor(`${name}_order`, [...inverseOrder(order)]));
    writer.add("Gather", [name, indices], output, { axis: 1 });
  });
  return { ...rest, name: ours };
};

/** An image, [N, C, H, W]. Codes stay codes, as in `asRow`. */
export const asImage = (writer: GraphWriter, given: Placed, shape: Shape): Placed => {
  const value = inOurOrder(writer, given);
  const { name } = value;
  if (value.rank === 4) return value;
  const image = writer.derived(`${name}_image`, (output) => {
    const sides = writer.constant(int64Tensor(`${name}_sides`, [-1, shape[2]!, 1, 1]));
    writer.add("Reshape", [name, sides], output);
  });
  return { ...value, name: image, rank: 4 };
};
