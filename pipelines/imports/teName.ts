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

/** A TransformerEngine statistic. */
export interface TeName {
  readonly site: string;
  readonly tensor: string;
  /** Name of the statistic, without recipe. */
  readonly name: string;
  /** Undefined for a statistic that an import does not know. */
  readonly meaning?: { readonly statistic: Statistic; readonly factor: number };
  /** Format of the tensor's scales. */
  readonly format: string;
}

const pattern = /^(.+)_(activation|gradient|weight|output|wgrad|dgrad)_(.+)$/;

/** Recipes that use E4M3 for all tensors, and power-of-two scales. */
const blockRecipes = ["mxfp8", "fp8_block_scaling"];
const recipePattern = /^(fp8_delayed_scaling|fp8_current_scaling|mxfp8|fp8_block_scaling|nvfp4)_(.+)$/;

/** The statistic of scales that determines the largest magnitude. The smallest scale of a tensor's blocks does not. */
const greatestScale = "scale_inv_max";

/** The parts of a name; undefined unless it is one of TransformerEngine's. */
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
