/** @file Steps: a graph as loops over memory, each with a source, element-wise stages, and a result. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { QParams } from "../../core/qparams.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import type {
  AddNode,
  AveragePoolNode,
  BatchNormNode,
  ClipNode,
  ConcatNode,
  FlattenNode,
  GraphNode,
  InferenceGraph,
  MaxPoolNode,
  PixelShuffleNode,
  Product,
  QuantizeNode,
  ScaledNode,
  SubsampleNode,
} from "../inference/graph.ts";
import { imageName } from "../inference/graph.ts";
import { quantizeFirst } from "./quantizeFirst.ts";

/** Memory of one value: a part of the arena, the image, or the outputs. */
export interface Place {
  readonly of: "arena" | "image" | "outputs";
  readonly type: "int8" | "float32";
  /** Number of elements. */
  readonly size: number;
}

/** A value in memory. */
export interface Stored {
  readonly place: Place;
  readonly shape: Shape;
  /** Grid of codes; undefined for float32. */
  readonly params: QParams | undefined;
}

/** Where the elements of a step come from. */
export type StepSource =
  | { readonly kind: "load"; readonly x: Stored }
  | { readonly kind: "product"; readonly node: Product; readonly x: Stored }
  | { readonly kind: "pool"; readonly node: MaxPoolNode | AveragePoolNode; readonly x: Stored }
  | { readonly kind: "concat"; readonly node: ConcatNode; readonly parts: readonly Stored[] }
  | { readonly kind: "move"; readonly node: SubsampleNode | PixelShuffleNode; readonly x: Stored };

/** An element-wise operation of a step. */
export type StepStage =
  | { readonly kind: "layer"; readonly node: BatchNormNode | ClipNode | ScaledNode }
  | { readonly kind: "add"; readonly other: Stored };

/** Codes that a step stores. */
export interface StepCodes {
  readonly place: Place;
  /** Grid to quantize with; undefined if the source yields codes already. */
  readonly params: QParams | undefined;
}

/** A loop over the elements of one value. */
export interface Step {
  /** Names of the nodes that it computes, in order. */
  readonly names: readonly string[];
  readonly shape: Shape;
  readonly source: StepSource;
  readonly stages: readonly StepStage[];
  readonly float32: Place | undefined;
  readonly codes: readonly StepCodes[];
}

/** A value that no step has computed yet. */
type Pending = Pick<Step, "names" | "shape" | "source" | "stages">;

const place = (type: Place["type"], shape: Shape, of: Place["of"] = "arena"): Place => ({
  of,
  type,
  size: sizeOf(shape),
});

/** Refusal of an operation that has no counterpart in C. */
const notInC = ({ op, name }: GraphNode): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      name,
      `the operation ${op}`,
      "operations in integers, or element by element in float32",
      "rangeflow export --to onnx takes it",
    ),
  );

/** Groups the nodes of a graph into steps. */
class Steps {
  readonly steps: Step[] = [];
  readonly #stored = new Map<string, Stored>();
  readonly #pending = new Map<string, Pending>();
  readonly #nodes: readonly GraphNode[];

  constructor({ imageShape }: InferenceGraph, nodes: readonly GraphNode[]) {
    this.#nodes = nodes;
    const stored = { place: place("float32", imageShape, "image"), shape: imageShape, params: undefined };
    this.#settleStored(imageName, stored);
    for (const node of nodes) this.#take(node);
  }

  #readers(name: string): readonly GraphNode[] {
    return this.#nodes.filter(({ inputs }) => inputs.includes(name));
  }

  storedAt(name: string): Stored {
    return this.#stored.get(name) as Stored;
  }

  /** Whether a value that only `reader` uses can be computed in the same step. */
  #isCarried(name: string, reader: GraphNode): boolean {
    if (reader.op === "add") {
      const other = reader.inputs.find((input) => input !== name);
      return other !== undefined && this.#stored.has(other);
    }
    return reader.op === "batchNorm" || reader.op === "clip" || reader.op === "scaled";
  }

  /** Computes a value, unless its only reader does. */
  #settle(name: string, pending: Pending): void {
    const readers = this.#readers(name);
    const [only] = readers;
    if (only && readers.length === 1 && this.#isCarried(name, only)) this.#pending.set(name, pending);
    else this.#compute(name, pending);
  }

  #compute(name: string, pending: Pending, isStored = false): void {
    const readers = this.#readers(name);
    const quantizers = readers.filter((reader): reader is QuantizeNode => reader.op === "quantize");
    const { shape } = pending;
    const isOutput = name === this.#nodes.at(-1)?.name;
    const wants = isOutput || (!isStored && readers.length > quantizers.length);
    const float32 = wants ? place("float32", shape, isOutput ? "outputs" : "arena") : undefined;
    const codes = quantizers.map(({ params }) => ({ params, place: place("int8", shape) }));
    this.steps.push({ ...pending, float32, codes });
    if (float32) this.#stored.set(name, { place: float32, shape, params: undefined });
    for (const [i, { name, params }] of quantizers.entries())
      this.#stored.set(name, { place: (codes[i] as StepCodes).place, shape, params });
  }

  /** A float32 value that is in memory already, under another name. */
  #settleStored(name: string, stored: Stored): void {
    this.#stored.set(name, stored);
    const readers = this.#readers(name);
    if (name === this.#nodes.at(-1)?.name || readers.some(({ op }) => op === "quantize")) {
      const { shape } = stored;
      this.#compute(name, { names: [], shape, source: { kind: "load", x: stored }, stages: [] }, true);
      this.#stored.set(name, stored);
    }
  }

  /** The value that a stage is added to. */
  #begun(name: string): Pending {
    const pending = this.#pending.get(name);
    if (pending) return pending;
    const x = this.storedAt(name);
    return { names: [], shape: x.shape, source: { kind: "load", x }, stages: [] };
  }

  #stage(node: GraphNode, x: string, stage: StepStage): void {
    const { names, shape, source, stages } = this.#begun(x);
    this.#settle(node.name, { names: [...names, node.name], shape, source, stages: [...stages, stage] });
  }

  #source(node: GraphNode, source: StepSource): void {
    this.#settle(node.name, { names: [node.name], shape: node.shape, source, stages: [] });
  }

  #add(node: AddNode): void {
    const [a, b] = node.inputs as readonly [string, string];
    const [first, other] = this.#pending.has(b) ? [b, a] : [a, b];
    this.#stage(node, first, { kind: "add", other: this.storedAt(other) });
  }

  #maxOfCodes(node: MaxPoolNode, x: Stored): void {
    const codes = { params: undefined, place: place("int8", node.shape) };
    const source = { kind: "pool", node, x } as const;
    this.steps.push({
      ...{ names: [node.name], shape: node.shape, source, stages: [] },
      ...{ float32: undefined, codes: [codes] },
    });
    this.#stored.set(node.name, { place: codes.place, shape: node.shape, params: x.params });
  }

  #flatten(name: string, { shape }: FlattenNode, x: Stored): void {
    if (x.params) this.#stored.set(name, { ...x, shape });
    else this.#settleStored(name, { ...x, shape });
  }

  #take(node: GraphNode): void {
    const [input] = node.inputs as readonly [string];
    const x = (): Stored => this.storedAt(input);
    switch (node.op) {
      case "quantize":
        // The preceding step stores its codes.
        break;
      case "batchNorm":
      case "clip":
      case "scaled":
        this.#stage(node, input, { kind: "layer", node });
        break;
      case "add":
        this.#add(node);
        break;
      case "concat": {
        const parts = node.inputs.map((name) => this.storedAt(name));
        this.#source(node, { kind: "concat", node, parts });
        break;
      }
      case "dequantize":
        this.#source(node, { kind: "load", x: x() });
        break;
      case "conv":
      case "dense":
        this.#source(node, { kind: "product", node, x: x() });
        break;
      case "maxPool":
        if (x().params) this.#maxOfCodes(node, x());
        else this.#source(node, { kind: "pool", node, x: x() });
        break;
      case "averagePool":
        this.#source(node, { kind: "pool", node, x: x() });
        break;
      case "subsample":
      case "pixelShuffle":
        this.#source(node, { kind: "move", node, x: x() });
        break;
      case "flatten":
        this.#flatten(node.name, node, x());
        break;
      default:
        throw notInC(node);
    }
  }
}

/** A site of activations, and the memory of its codes. */
export interface CodesOfSite {
  readonly site: string;
  readonly place: Place;
}

export interface Program {
  readonly steps: readonly Step[];
  readonly sites: readonly CodesOfSite[];
}

/**
 * The steps of a graph, in order. Element-wise operations after a product are computed with it, and codes are written as soon as
 * possible, so that float32 reaches memory only where something other than a quantizer reads it.
 */
export const programOf = (graph: InferenceGraph): Program => {
  const made = new Steps(graph, quantizeFirst(graph.nodes));
  const sites = graph.nodes.filter(({ op }) => op === "quantize").map(({ name }) => name);
  return { steps: made.steps, sites: sites.map((site) => ({ site, place: made.storedAt(site).place })) };
};

/** Memory that a step reads. */
export const readBy = ({ source, stages }: Step): readonly Place[] => [
  ...(source.kind === "concat" ? source.parts : [source.x]).map(({ place }) => place),
  ...stages.flatMap((stage) => (stage.kind === "add" ? [stage.other.place] : [])),
];

/** Memory that a step writes. */
export const writtenBy = ({ float32, codes }: Step): readonly Place[] => [
  ...(float32 ? [float32] : []),
  ...codes.map(({ place }) => place),
];
