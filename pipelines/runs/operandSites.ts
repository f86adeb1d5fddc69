/** @file Sites whose codes layers multiply: those right beside convolutions, dense layers and matrix products, whatever their names. */
import { identity } from "../../operators/module/identity.ts";
import { joined } from "../../operators/module/module.ts";
import type { LayerNote, Note } from "../../operators/module/notes.ts";

/** Sites of the operands of a layer; an operand without one is float32. */
export interface OperandSites {
  /** Of its input. */
  readonly input?: string | undefined;
  /** Of the second operand of a matrix product. */
  readonly other?: string | undefined;
  /** Whether it is a matrix product of two activations. */
  readonly isMatrix?: true;
  /** Of the gradient of its output. */
  readonly gradient?: string | undefined;
  /** Of the second copy of that gradient, for the weights; undefined if there is one for both. */
  readonly copy?: string | undefined;
}

/** Notes of modules that pass activation and gradient on as they are: an identity, and what only says where sites are. */
const passesBoth = ({ kind, make }: LayerNote): boolean =>
  kind === "quantize" || kind === "constrainedLayer" || make === identity();

/**
 * Sites of the operands of each convolution, dense layer and matrix product, by its path. A site counts if nothing but gradient sites and identities is
 * between its codes and the layer, and only identities between the layer and its gradient: any other layer computes float32 numbers of
 * them, or may.
 *
 * @param notes of the network, in order
 */
export const operandSitesIn = (notes: readonly Note[]): ReadonlyMap<string, OperandSites> => {
  const sites = new Map<string, OperandSites>();
  /** Site of the codes that the next layer gets, and the layer with products whose output that is. */
  let codes: string | undefined;
  let before: string | undefined;
  /** Site of the gradient that the last `quantize` has named. */
  let named: string | undefined;
  const gradientIs = (found: Pick<OperandSites, "gradient" | "copy">): void => {
    if (before !== undefined) sites.set(before, { ...sites.get(before), ...found });
    before = undefined;
  };
  const visit = (note: LayerNote): void => {
    const { kind, path, options } = note;
    if (kind === "quantize")
      named = typeof options.gradient === "string" ? joined(path, options.gradient) : undefined;
    if (kind === "quantizeGradient") gradientIs({ gradient: path });
    else if (kind === "splitGradient") gradientIs({ gradient: named, copy: path });
    else if (!passesBoth(note)) compute(note);
  };
  const compute = ({ kind, path: at, options, within }: LayerNote): void => {
    const entering = codes;
    /** Codes at the end of each branch. */
    const ends: (string | undefined)[] = [];
    for (const inner of within) {
      if (inner.kind === "branch") [codes, before] = [entering, undefined];
      for (const one of inner.kind === "branch" ? inner.within : [inner]) visit(one);
      ends.push(codes);
    }
    const path = kind === "matmul" ? joined(at, options.name as string) : at;
    if (kind === "conv2d") sites.set(path, { input: entering });
    if (kind === "matmul") sites.set(path, { input: ends[0], other: ends[1], isMatrix: true });
    codes = kind === "quantizeActivation" ? path : undefined;
    before = kind === "conv2d" || kind === "matmul" ? path : undefined;
  };
  for (const note of notes) if (note._tag === "Layer") visit(note);
  return sites;
};
