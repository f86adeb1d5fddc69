/**
 * @file Names of TransformerEngine's debug statistics, as nvdlfw-inspect logs them:
 *
 *     {layer}_{tensor}_{statistic}        layers.1.qkv_activation_scale_inv_max
 *     {layer}_{tensor}_{recipe}_{statistic}[_columnwise]
 *
 * @see transformer_engine/debug/features: LogTensorStats, LogFp8TensorStats, LogNvfp4TensorStats
 */
import { statisticNamed } from "./columnKinds.ts";
import type { Statistic } from "./statisticBatch.ts";

/** A statistic of TransformerEngine. */
export interface TeName {
  readonly site: string;
  readonly tensor: string;
  /** What is said of the tensor, without recipe. */
  readonly name: string;
  /** Undefined for one that an import does not know. */
  readonly meaning?: { readonly statistic: Statistic; readonly factor: number };
  /** Format of the tensor's scales. */
  readonly format: string;
}

const pattern = /^(.+)_(activation|gradient|weight|output|wgrad|dgrad)_(.+)$/;

/** Recipes that take E4M3 for all tensors, and scales that are powers of two. */
const blockRecipes = ["mxfp8", "fp8_block_scaling"];
const recipePattern = /^(fp8_delayed_scaling|fp8_current_scaling|mxfp8|fp8_block_scaling|nvfp4)_(.+)$/;

/** Statistics whose scales tell the largest magnitude; the least scale of a tensor's blocks tells nothing of it. */
const greatestScale = "scale_inv_max";

/** The parts of a name; undefined where it is none of TransformerEngine. */
export const teName = (text: string): TeName | undefined => {
  const [, layer, tensor, rest] = pattern.exec(text) ?? [];
  if (layer === undefined || tensor === undefined || rest === undefined) return undefined;
  const [, recipe, name = rest] = recipePattern.exec(rest) ?? [];
  const meaning = name === greatestScale ? { statistic: "scale" as const, factor: 1 } : statisticNamed(name);
  const isGradient = tensor === "gradient" || tensor === "dgrad" || tensor === "wgrad";
  const isBlock = recipe !== undefined && blockRecipes.includes(recipe);
  return {
    site: `${layer}/${tensor}`,
    tensor,
    name,
    ...(meaning && { meaning }),
    format: isBlock ? "e4m3:pow2" : isGradient ? "e5m2" : "e4m3",
  };
};
