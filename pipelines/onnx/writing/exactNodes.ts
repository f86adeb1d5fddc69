/**
 * @file Nodes of the form `exact`: operators whose results equal those of Rangeflow's engines to the bit, wherever float32 is IEEE 754.
 *
 * `QuantizeLinear` divides by a scale and `Conv` multiplies scaled numbers, so both round differently from the engines. Here scales are
 * separate multiplications: codes stand for integers, and sums of their products are exact in float32 below 2^24, in any order.
 */
import { inverseScale, type QParams } from "../../../core/qparams.ts";
import type { BatchNormNode, ConvNode, DenseNode, QuantizeNode } from "../../inference/graph.ts";
import { codeTensor, floatTensor } from "../tensors.ts";
import { type GraphWriter, inFloat32, type Placed } from "./graphWriter.ts";
import { ordered } from "./layouts.ts";

/** Integers that codes stand for: code - zeroPoint. */
export const inWholeNumbers = (writer: GraphWriter, { codes, ...value }: Placed): Placed => ({
  ...value,
  name: codes
    ? writer.derived(`${value.name}_whole`, (output) =>
        writer.add(
          "DequantizeLinear",
          [value.name, one(writer), writer.zeroPoint(value.name, codes)],
          output,
        ),
      )
    : value.name,
});

/** The number 1, as a scale. */
const one = (writer: GraphWriter): string =>
  writer.derived("one", (name) => writer.constant(floatTensor(name, [], Float32Array.of(1))));

/** Stored weights as integers. Zero points are a vector if they differ. */
export const wholeWeights = (
  writer: GraphWriter,
  path: string,
  stored: string,
  { bits, zeroPoint }: QParams,
): string => {
  const isOne = zeroPoint.every((zero) => zero === zeroPoint[0]);
  const zeros = Int8Array.from(isOne ? zeroPoint.subarray(0, 1) : zeroPoint);
  const shape = isOne ? [] : [zeros.length];
  const scale = isOne
    ? one(writer)
    : writer.constant(floatTensor(`${path}_ones`, shape, new Float32Array(zeros.length).fill(1)));
  const zero = writer.constant(codeTensor(`${path}_zero_point`, shape, zeros, bits));
  return writer.add("DequantizeLinear", [stored, scale, zero], path, isOne ? {} : { axis: 0 });
};

/** A vector with an entry per channel, or one number, shaped to broadcast over a value of this rank. */
export const along = (
  { constant }: GraphWriter,
  name: string,
  values: Float32Array,
  rank: Placed["rank"],
): string => constant(floatTensor(name, rank === 4 ? [values.length, 1, 1] : [values.length], values));

/** A value in units of the scale, x * float32(1 / scale), before rounding. The bounds of the grid are integers there. */
export const multipliedByInverse = (
  writer: GraphWriter,
  { name, params }: QuantizeNode,
  x: Placed,
): string => {
  const inverse = Float32Array.of(inverseScale(params.scale[0]!));
  return writer.add(
    "Mul",
    [x.name, writer.constant(floatTensor(`${name}_inverse`, [], inverse))],
    `${name}_multiplied`,
  );
};

/** Codes of a value that is in units of the scale. */
export const roundedToCodes = (writer: GraphWriter, name: string, codes: QParams, x: string): string =>
  writer.add("QuantizeLinear", [x, one(writer), writer.zeroPoint(name, codes)], name);

/** Sums times both scales, then plus the bias. */
export const scaledSums = (
  writer: GraphWriter,
  { name, weights, bias }: ConvNode | DenseNode,
  sums: string,
  x: QParams,
  rank: Placed["rank"],
): Placed => {
  if (weights.kind !== "codes") return { name: sums, rank };
  const scale = weights.params.scale.map((other) => x.scale[0]! * other);
  const scaled = writer.add(
    "Mul",
    [sums, along(writer, `${name}_scale`, scale, rank)],
    bias ? `${name}_scaled` : name,
  );
  if (bias) {
    const path = `${name.replaceAll("/", ".")}.bias`;
    writer.add("Add", [scaled, along(writer, path, bias, rank)], name);
  }
  return { name, rank };
};

/** (x - mean) * gain, then + offset. */
export const normalizedExactly = (writer: GraphWriter, node: BatchNormNode, input: Placed): Placed => {
  const { name, mean, gain, offset } = node;
  const x = inFloat32(writer, input);
  const vector = (of: string, values: Float32Array): string =>
    along(writer, `${name}_${of}`, ordered(values, x.order), x.rank);
  const centred = writer.add("Sub", [x.name, vector("mean", mean)], `${name}_centred`);
  const scaled = writer.add("Mul", [centred, vector("gain", gain)], `${name}_scaled`);
  writer.add("Add", [scaled, vector("offset", offset)], name);
  return { ...x, name };
};
