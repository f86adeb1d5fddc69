/** @file Meaning of the codes in an ONNX graph: types, scales and zero points of its nodes, and clips before them. */
import { TensorProto_DataType as DataType, type NodeProto } from "../proto/onnx_pb.ts";
import { intAttribute } from "./attributes.ts";
import { type CodeGrid, clippedTo } from "./codeGrid.ts";
import type { GraphValues } from "./graphValues.ts";
import { clippers } from "./passing.ts";
import { nodeText } from "./readModel.ts";
import { endsOfCodes, typeText } from "./readTensor.ts";

/** Scale and zero point of codes. */
export type Levels = Pick<CodeGrid, "scale" | "zeroPoint">;

/** A float32 number in its shortest form, or the first of several. */
const shortList = ([first, ...more]: readonly number[]): string =>
  `${Number(first?.toPrecision(7))}${more.length === 0 ? "" : ", .."}`;

/** Grids of the nodes of a graph. */
export interface NodeGrids {
  /** Scales and zero points of a node; without zero points 0. */
  readonly levels: (node: NodeProto) => Levels;
  /** Grid of the codes that reach a `DequantizeLinear`. */
  readonly grid: (node: NodeProto) => CodeGrid;
}

export const nodeGrids = ({ tensors, way, held, numbers, bounds, refused }: GraphValues): NodeGrids => {
  /** Type of a node's codes where they are made, by a stored tensor or a `QuantizeLinear`; 0 if unknown. */
  const typeBefore = (node: NodeProto): number => {
    if (node.opType === "QuantizeLinear") return intAttribute(node, "output_dtype", 0);
    const codes = node.input[0] ?? "";
    const quantize = way(codes).origin;
    return tensors.get(codes)?.dataType ?? (quantize?.opType === "QuantizeLinear" ? codeType(quantize) : 0);
  };

  /** Type of a node's codes: of its zero point, of where they are made, or the default of opset 21. */
  const codeType = (node: NodeProto): number => {
    const own = held(node.input[2] ?? "")?.dataType ?? 0;
    const before = typeBefore(node);
    if (own !== 0 && before !== 0 && own !== before)
      throw refused(
        node,
        `a zero point of ${typeText(own)} and codes of ${typeText(before)}`,
        "one type for both",
      );
    return own || before || DataType.UINT8;
  };

  const levels = (node: NodeProto): Levels => {
    const scale = numbers(node, "scale", node.input[1] ?? "");
    // Refuses a zero point of another type.
    codeType(node);
    const zeroPoint = node.input[2] ? numbers(node, "zero point", node.input[2]) : scale.map(() => 0);
    if (zeroPoint.length !== scale.length)
      throw refused(
        node,
        `${scale.length} scales and ${zeroPoint.length} zero points`,
        "one zero point for each scale",
      );
    const odd = scale.find((one) => !(one > 0 && Number.isFinite(one)));
    if (scale.length === 0 || odd !== undefined)
      throw refused(node, odd === undefined ? "no scale" : `the scale ${odd}`, "scales above 0");
    return { scale, zeroPoint };
  };

  /** Refuses codes that are dequantized with other scales or zero points than they were quantized with. */
  const checkSameLevels = (node: NodeProto, { scale, zeroPoint }: Levels, quantize: NodeProto): void => {
    const made = levels(quantize);
    const of = (one: Levels): string =>
      `scale ${shortList(one.scale)} and zero point ${shortList(one.zeroPoint)}`;
    if (scale.join() !== made.scale.join() || zeroPoint.join() !== made.zeroPoint.join())
      throw refused(node, of({ scale, zeroPoint }), `those of ${nodeText(quantize)}, ${of(made)}`);
  };

  const grid = (node: NodeProto): CodeGrid => {
    const ends = endsOfCodes(codeType(node));
    if (ends === undefined) throw refused(node, "codes of another type", "int8, uint8, int4 or uint4");
    const own = levels(node);
    const whole: CodeGrid = { ...own, qmin: ends[0], qmax: ends[1] };
    const { origin, passed } = way(node.input[0] ?? "");
    if (origin?.opType === "QuantizeLinear") checkSameLevels(node, own, origin);
    return passed
      .filter(({ opType }) => clippers.has(opType))
      .reduce((before, clip) => {
        const ofCodes = bounds(clip);
        if (ofCodes === undefined) throw refused(clip, "a computed bound", "one that the file contains");
        const after = clippedTo(before, ofCodes);
        if (after.qmin < after.qmax) return after;
        throw refused(
          clip,
          `bounds ${ofCodes.join(" and ")} of codes`,
          "bounds that leave at least two codes",
        );
      }, whole);
  };

  return { levels, grid };
};
