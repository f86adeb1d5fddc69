/**
 * @file Writes normalizations of sets, softmax, GELU, embeddings of positions and matrix products as ONNX nodes.
 *
 * Images [N, C, H, W] become [N, groups, C / groups, H * W] for matrix products and softmax: a group is a matrix whose columns are positions.
 */
import type { Shape } from "../../../core/tensor.ts";
import type { GeluNode, MatmulNode, PositionsNode, SetNormNode, SoftmaxNode } from "../../inference/graph.ts";
import { floatTensor, int64Tensor } from "../tensors.ts";
import { along, inWholeNumbers } from "./exactNodes.ts";
import { asImage, type GraphWriter, type Input, inFloat32, type Placed } from "./graphWriter.ts";
import { flattenedOrder, ordered } from "./layouts.ts";

/** Reshapes a value; 0 keeps a side. */
const reshaped = (writer: GraphWriter, from: string, name: string, sides: readonly number[]): string =>
  writer.add("Reshape", [from, writer.constant(int64Tensor(`${name}_sides`, [...sides]))], name);

/** A value as matrices [N, groups, C / groups, H * W]. Codes stay codes, as in `asRow`. */
const asMatrices = (writer: GraphWriter, { placed, shape }: Input, groups: number): Placed => {
  const [height, width, channels] = shape as [number, number, number];
  const image = asImage(writer, placed, shape);
  const name = writer.derived(`${image.name}_${groups}_matrices`, (output) =>
    reshaped(writer, image.name, output, [0, groups, channels / groups, height * width]),
  );
  return { ...image, name };
};

/** The same value as an image of a shape. */
const asImageOf = (
  writer: GraphWriter,
  from: string,
  name: string,
  [height, width, channels]: Shape,
): Placed => {
  reshaped(writer, from, name, [0, channels as number, height as number, width as number]);
  return { name, rank: 4 };
};

/** Normalization over the channels of each position. */
const overChannels = (writer: GraphWriter, node: SetNormNode, x: string): Placed => {
  const { name, epsilon, scale, shift } = node;
  const path = name.replaceAll("/", ".");
  const parameters = [
    writer.constant(floatTensor(`${path}.weight`, [scale.length], scale)),
    writer.constant(floatTensor(`${path}.bias`, [shift.length], shift)),
  ];
  const last = writer.add("Transpose", [x], `${name}_channels_last`, { perm: [0, 2, 3, 1] });
  const attributes = { axis: -1, epsilon: { float: epsilon } };
  const normal = writer.add("LayerNormalization", [last, ...parameters], `${name}_normal`, attributes);
  writer.add("Transpose", [normal], name, { perm: [0, 3, 1, 2] });
  return { name, rank: 4 };
};

/** Normalization over the positions of groups of channels, as PyTorch writes it: instances of a group each, then scale and shift. */
const overGroups = (writer: GraphWriter, node: SetNormNode, groups: number, x: string): Placed => {
  const { name, epsilon, scale, shift, shape } = node;
  const path = name.replaceAll("/", ".");
  const each = (of: string, value: number): string =>
    writer.constant(floatTensor(`${name}_${of}`, [groups], new Float32Array(groups).fill(value)));
  const instances = reshaped(writer, x, `${name}_groups`, [0, groups, -1]);
  const normal = writer.add(
    "InstanceNormalization",
    [instances, each("ones", 1), each("zeros", 0)],
    `${name}_normal`,
    { epsilon: { float: epsilon } },
  );
  const image = asImageOf(writer, normal, `${name}_normal_image`, shape);
  const scaled = writer.add("Mul", [image.name, along(writer, `${path}.weight`, scale, 4)], `${name}_scaled`);
  writer.add("Add", [scaled, along(writer, `${path}.bias`, shift, 4)], name);
  return { name, rank: 4 };
};

/** A normalization over the channels of a position, or over the positions of groups of channels. */
export const setNormalized = (writer: GraphWriter, node: SetNormNode, input: Input): Placed => {
  const x = inFloat32(writer, asImage(writer, input.placed, input.shape));
  return node.groups === undefined
    ? overChannels(writer, node, x.name)
    : overGroups(writer, node, node.groups, x.name);
};

export const softmaxed = (writer: GraphWriter, node: SoftmaxNode, input: Input): Placed => {
  const { name, groups, causal, shape } = node;
  const [height, width, channels] = shape as [number, number, number];
  const x = inFloat32(writer, asMatrices(writer, input, groups));
  const [entries, positions] = [channels / groups, height * width];
  const mask = (): string => {
    const values = Float32Array.from({ length: entries * positions }, (_, i) =>
      Math.floor(i / positions) <= i % positions ? 0 : Number.NEGATIVE_INFINITY,
    );
    return writer.constant(floatTensor(`${name}_mask`, [entries, positions], values));
  };
  const masked = causal ? writer.add("Add", [x.name, mask()], `${name}_masked`) : x.name;
  const y = writer.add("Softmax", [masked], `${name}_probabilities`, { axis: 2 });
  return asImageOf(writer, y, name, shape);
};

export const withPositions = (
  writer: GraphWriter,
  { name, values, shape }: PositionsNode,
  input: Input,
): Placed => {
  const [height, width, channels] = shape as [number, number, number];
  const x = inFloat32(writer, asImage(writer, input.placed, input.shape));
  const embedding = ordered(values, flattenedOrder(shape));
  writer.add(
    "Add",
    [x.name, writer.constant(floatTensor(`${name}.embedding`, [1, channels, height, width], embedding))],
    name,
  );
  return { name, rank: 4 };
};

export const gelu = (writer: GraphWriter, { name, approximate }: GeluNode, input: Placed): Placed => {
  const x = inFloat32(writer, input);
  writer.add("Gelu", [x.name], name, { approximate });
  return { ...x, name };
};

/** A matrix product: the other operand's matrices, transposed or not, times those of the first. */
export const matrixProduct = (
  writer: GraphWriter,
  { name, groups, transposeOther, shape }: MatmulNode,
  [input, other]: readonly [Input, Input],
): Placed => {
  const [right, given] = [asMatrices(writer, input, groups), asMatrices(writer, other, groups)];
  const left: Placed = transposeOther
    ? {
        ...given,
        name: writer.derived(`${given.name}_transposed`, (output) =>
          writer.add("Transpose", [given.name], output, { perm: [0, 1, 3, 2] }),
        ),
      }
    : given;
  const isExact = writer.form === "exact" && left.codes !== undefined && right.codes !== undefined;
  const factor = isExact ? inWholeNumbers : inFloat32;
  const sums = writer.add("MatMul", [factor(writer, left).name, factor(writer, right).name], `${name}_sums`);
  if (!isExact) return asImageOf(writer, sums, name, shape);
  const scale = Float32Array.of(right.codes!.scale[0]! * left.codes!.scale[0]!);
  const scaled = writer.add(
    "Mul",
    [sums, writer.constant(floatTensor(`${name}_scale`, [], scale))],
    `${name}_scaled`,
  );
  return asImageOf(writer, scaled, name, shape);
};
