/** @file Values of an ONNX graph: the nodes that make them, and the numbers that the file contains. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "../proto/onnx_pb.ts";
import { constantTensors, intAttribute } from "./attributes.ts";
import type { Bounds } from "./codeGrid.ts";
import { boundsOf, type Way, wayTo } from "./passing.ts";
import { nodeText, type ReadModel } from "./readModel.ts";
import { endsOfCodes, readTensor, typeText } from "./readTensor.ts";

/** Numbers in a file, with their type. */
export interface Held {
  readonly dataType: number;
  readonly values: () => readonly number[];
}

/** The values of a graph, by name. */
export interface GraphValues {
  readonly tensors: ReadonlyMap<string, TensorProto>;
  /** Nodes by the values that they make. */
  readonly makers: ReadonlyMap<string, NodeProto>;
  /** Number of node inputs that use a value. */
  readonly takers: (value: string) => number;
  /** The nodes between a value and the one that computed its numbers. */
  readonly way: (value: string) => Way;
  /** Content of a value: a tensor, or one behind an `Identity`, which exporters make of equal tensors, or behind a `Cast`. */
  readonly held: (value: string) => Held | undefined;
  /** Numbers of an input of a node, such as its `scale`. */
  readonly numbers: (node: NodeProto, of: string, value: string) => readonly number[];
  /** Bounds of a `Relu` or a `Clip`; undefined if the model computes them. */
  readonly bounds: (node: NodeProto) => Bounds | undefined;
  /** Failure for a node that cannot be read. */
  readonly refused: (node: NodeProto, found: string, expected: string) => RangeflowFailure;
}

/** The values of a model; `path` is its file, for messages. */
export const graphValues = (path: string, { graph }: ReadModel): GraphValues => {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const tensors = new Map<string, TensorProto>(
    [...graph.initializer, ...graph.node.flatMap(constantTensors)].map((one) => [one.name, one]),
  );

  const taken = new Map<string, number>();
  for (const name of graph.node.flatMap(({ input }) => input)) taken.set(name, (taken.get(name) ?? 0) + 1);

  const way = (value: string): Way => wayTo(makers, value);

  const refused = (node: NodeProto, found: string, expected: string) =>
    new RangeflowFailure(problem(path, `${nodeText(node)} with ${found}`, expected));

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
        throw refused(node, `${odd} as ${typeText(dataType)}`, "a number that the type can hold");
      },
    };
  };

  const numbers = (node: NodeProto, of: string, value: string): readonly number[] => {
    const found = held(value);
    if (found === undefined) throw refused(node, `a computed ${of}`, "one that the file contains");
    return found.values();
  };

  const bounds = (node: NodeProto): Bounds | undefined => boundsOf(node, (value) => held(value)?.values()[0]);

  return {
    tensors,
    makers,
    takers: (value) => taken.get(value) ?? 0,
    way,
    held,
    numbers,
    bounds,
    refused,
  };
};
