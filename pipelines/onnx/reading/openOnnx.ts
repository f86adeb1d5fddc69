/** @file ONNX files in QDQ form as weights files: float32 tensors under their names in the file, and the grids of layers. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { type CodeRange, type CodeRanges, codeRangesIn } from "../codeRanges.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import { floatAttribute, intAttribute } from "./attributes.ts";
import { type CodeGrid, narrowed, staysOn } from "./codeGrid.ts";
import type { Constant } from "./constant.ts";
import { type Constants, constantsOf, transposed } from "./constants.ts";
import { convSlide } from "./convSlide.ts";
import { clippers } from "./passing.ts";
import { nodeText, type ReadModel, readModel } from "./readModel.ts";

/** Grids of a layer: of its input activation, and of its weights. */
export interface LayerGrids {
  readonly input?: CodeGrid;
  readonly weight?: CodeGrid;
}

/** Tensors of a model, as in a PyTorch state dict, and their quantization. */
export interface OnnxWeights {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By name: convolutions OIHW, dense layers [out, in]. */
  readonly tensors: ReadonlyMap<string, Omit<Constant, "name" | "grid">>;
  /** Number of batch normalizations with nodes of their own. */
  readonly normalizations: number;
  /** By the name of a layer's weights. */
  readonly grids: ReadonlyMap<string, LayerGrids>;
}

/** A grid limited to the codes in the metadata of its model. */
const limited = (path: string, name: string, grid: CodeGrid, codes: CodeRange): CodeGrid => {
  const [qmin, qmax] = codes;
  if (qmin >= grid.qmin && qmax <= grid.qmax) return { ...grid, qmin, qmax };
  throw new RangeflowFailure(
    problem(
      path,
      `codes of ${name} from ${qmin} to ${qmax}`,
      `codes of its type, from ${grid.qmin} to ${grid.qmax}`,
      "export it again",
    ),
  );
};

/** Grid of the codes that a value was dequantized from, if nodes in between only clip it, to numbers of that grid. */
const gridBehind = (
  path: string,
  { way, bounds, grid }: Constants,
  codeRanges: CodeRanges,
  value: string,
): CodeGrid | undefined => {
  const { origin, passed } = way(value);
  if (origin?.opType !== "DequantizeLinear") return undefined;
  const ofCodes = grid(origin);
  const name = way(origin.input[0]!).origin?.output[0] ?? "";
  const codes = codeRanges.get(name);
  const found = codes ? limited(path, name, ofCodes, codes) : ofCodes;
  const isKept = passed.every((node) => {
    if (!clippers.has(node.opType)) return true;
    const clipped = bounds(node);
    return clipped !== undefined && staysOn(found, clipped);
  });
  return isKept ? found : undefined;
};

const isProduct = ({ opType }: NodeProto): boolean => ["Conv", "Gemm", "MatMul"].includes(opType);

const isNormalization = ({ opType }: NodeProto): boolean => opType === "BatchNormalization";

/** Ranks of the weights of each kind of layer. */
const ranks: Readonly<Record<string, readonly number[]>> = { Conv: [4], Gemm: [2], MatMul: [2] };

/** Whether a separate node pads the input of a layer, without a pool in between. */
const isPadded = ({ way }: Pick<Constants, "way">, value: string): boolean => {
  const { origin, passed } = way(value);
  if (origin === undefined || passed.some(({ opType }) => opType === "MaxPool")) return false;
  const isQuantizer = origin.opType === "DequantizeLinear" || origin.opType === "QuantizeLinear";
  return isQuantizer ? isPadded({ way }, origin.input[0] ?? "") : origin.opType === "Pad";
};

/** Weights of a layer in PyTorch's layout. */
const weightsOf = (path: string, node: NodeProto, constants: Constants): Constant | undefined => {
  const { constant } = constants;
  const weights = constant(node.input[1] ?? "");
  if (weights === undefined) {
    if (node.opType === "MatMul") return undefined;
    throw new RangeflowFailure(
      problem(path, `${nodeText(node)} with computed weights`, "weights that the file contains"),
    );
  }
  if (!ranks[node.opType]!.includes(weights.shape.length))
    throw new RangeflowFailure(
      problem(
        path,
        `${nodeText(node)} with weights of [${weights.shape.join(", ")}]`,
        `${ranks[node.opType]!.join(" or ")} sides`,
      ),
    );
  const factor = ["alpha", "beta"].find((name) => floatAttribute(node, name, 1) !== 1);
  if (factor !== undefined)
    throw new RangeflowFailure(problem(path, `${nodeText(node)} with ${factor} other than 1`, `${factor} 1`));
  if (node.opType === "Conv")
    return { ...weights, slide: convSlide(path, node, weights.shape, isPadded(constants, node.input[0]!)) };
  const isTurned =
    node.opType === "MatMul" || (node.opType === "Gemm" && intAttribute(node, "transB", 0) === 0);
  return isTurned ? transposed(weights) : weights;
};

/** What is added to each row or each channel of an image, [O] or [O, 1, 1], as a bias. */
const asBias = (added: Constant): readonly Constant[] => {
  const { shape } = added;
  if (shape.length === 1) return [added];
  return shape.length === 3 && shape[1] === 1 && shape[2] === 1 ? [{ ...added, shape: [shape[0]!] }] : [];
};

/** Constants of a node that are parameters: of a layer, of a normalization, or an added bias. */
const parametersOf = (path: string, node: NodeProto, constants: Constants): readonly Constant[] => {
  const all = (names: readonly string[]): readonly Constant[] =>
    names.flatMap((name) => constants.constant(name) ?? []);
  if (isProduct(node)) {
    const weights = weightsOf(path, node, constants);
    return weights ? [weights, ...all(node.input.slice(2))] : [];
  }
  if (isNormalization(node)) {
    const epsilon = floatAttribute(node, "epsilon", Math.fround(1e-5));
    return all(node.input.slice(1)).map((one) => ({ ...one, epsilon }));
  }
  return node.opType === "Add" ? all(node.input).flatMap(asBias) : [];
};

const gridsIn = (
  path: string,
  { graph }: ReadModel,
  constants: Constants,
  codeRanges: CodeRanges,
): ReadonlyMap<string, LayerGrids> =>
  new Map(
    graph.node.filter(isProduct).flatMap((node) => {
      const weights = weightsOf(path, node, constants);
      if (weights === undefined) return [];
      const { name, grid } = weights;
      const codes = codeRanges.get(name);
      const weight = grid && (codes ? limited(path, name, grid, codes) : narrowed(grid));
      const input = gridBehind(path, constants, codeRanges, node.input[0]!);
      return [[name, { ...(input && { input }), ...(weight && { weight }) }] as const];
    }),
  );

/**
 * Opens an ONNX model for its weights. Those stored as codes become the float32 numbers that the codes stand for. Names are those of the
 * file's tensors, without the `_quantized` that onnxruntime's quantizer adds.
 *
 * @throws `RangeflowFailure` as `readModel` does, and for weights that are computed, quantized in blocks, or of the wrong rank
 */
export const openOnnx = (path: string): OnnxWeights => {
  const model = readModel(path);
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  if (model.producerName === "rangeflow" && metadata.form === "exact")
    throw new RangeflowFailure(
      problem(
        path,
        "a model whose weights have their scales elsewhere",
        "one in QDQ form",
        "export it without --exact",
      ),
    );
  const constants = constantsOf(path, model);
  const found = model.graph.node.flatMap((node) => parametersOf(path, node, constants));
  if (found.length === 0)
    throw new RangeflowFailure(problem(path, "a model without weights", "convolutions or dense layers"));
  return {
    path,
    metadata,
    tensors: new Map(
      found.map(({ name, shape, dtype, read, slide, epsilon }) => [
        name,
        { shape, dtype, read, ...(slide && { slide }), ...(epsilon !== undefined && { epsilon }) },
      ]),
    ),
    normalizations: model.graph.node.filter(isNormalization).length,
    grids: gridsIn(path, model, constants, codeRangesIn(path, metadata)),
  };
};
