/** @file A graph that is being built: its nodes so far, and how layers add theirs. */
import { internal } from "../../core/errors.ts";
import { elements, type HostTensor, type Shape } from "../../core/tensor.ts";
import { joined } from "../../operators/module/module.ts";
import type { LayerNote } from "../../operators/module/notes.ts";
import type { EvaluatedSite } from "./evaluatedSites.ts";
import type { GraphNode } from "./graph.ts";

/** A value on its way through the layers. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  readonly isCodes: boolean;
}

/** Facts about a network other than its layers. */
export interface NetworkFacts {
  readonly imageShape: Shape;
  /** Parameters by path, in memory. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly sites: ReadonlyMap<string, EvaluatedSite>;
}

/** Takes the layers of a network one by one and orders their nodes. */
export interface Builder extends NetworkFacts {
  readonly nodes: GraphNode[];
}

/** Adds the nodes of a layer. */
export type Make = (note: LayerNote, x: Value, builder: Builder) => Value;

/** A name that no node has yet. */
export const freeName = ({ nodes }: Builder, wanted: string): string => {
  let name = wanted;
  for (let n = 2; nodes.some((node) => node.name === name); n++) name = `${wanted}-${n}`;
  return name;
};

/** Name of the node of a layer without a name of its own. */
export const nameOf = (builder: Builder, { path }: LayerNote, kind: string): string =>
  freeName(builder, joined(path, kind));

/** Adds a node. */
export const put = (builder: Builder, node: GraphNode): Value => {
  builder.nodes.push(node);
  return { name: node.name, shape: node.shape, isCodes: node.op === "quantize" };
};

/** The value as float32. */
export const asFloat32 = (builder: Builder, x: Value): Value =>
  x.isCodes
    ? put(builder, {
        op: "dequantize",
        name: freeName(builder, `${x.name}/dequantized`),
        inputs: [x.name],
        shape: x.shape,
      })
    : x;

/** A copy of a parameter. */
export const parameter = ({ parameters }: Builder, path: string): Float32Array => {
  const value = parameters.get(path);
  if (value === undefined) throw internal(`no parameter ${path} in its network`);
  return Float32Array.from(elements(value));
};

/** A node without its name and its inputs. */
type Body<N = GraphNode> = N extends GraphNode ? Omit<N, "name" | "inputs"> : never;

/** A layer that is one node, named after its kind. */
export const single =
  (kind: string, node: (note: LayerNote, shape: Shape) => Body): Make =>
  (note, given, builder) => {
    const x = asFloat32(builder, given);
    const name = nameOf(builder, note, kind);
    return put(builder, { ...node(note, x.shape), name, inputs: [x.name] } as GraphNode);
  };
