/** @file The built-in recipes by name. A new recipe needs a file and a line here. */
import { blaqRecipe } from "./blaq.ts";
import { cpqRecipe } from "./cpq.ts";
import { currentMinMaxRecipe } from "./currentMinMax.ts";
import { delayedScalingRecipe } from "./delayedScaling.ts";
import { directQuantizationRecipe } from "./directQuantization.ts";
import { distributionAdaptiveRecipe } from "./distributionAdaptive.ts";
import { dorefaRecipe } from "./dorefa.ts";
import { float8Recipe } from "./float8.ts";
import { float32Recipe } from "./float32.ts";
import { inHindsightRecipe } from "./inHindsight.ts";
import { lbtHindsightRecipe, lbtRecipe } from "./lbt.ts";
import { logBtqRecipe } from "./logBtq.ts";
import { lsqRecipe } from "./lsq.ts";
import { luqRecipe } from "./luq.ts";
import { mxRecipe } from "./mx.ts";
import { nitiRecipe } from "./niti.ts";
import { nvfp4Recipe } from "./nvfp4.ts";
import { pactRecipe } from "./pact.ts";
import { pdQatRecipe } from "./pdQat.ts";
import type { RecipeEntry } from "./recipeEntry.ts";
import { satRecipe } from "./sat.ts";
import { statQuantRecipe } from "./statQuant.ts";
import { unifiedInt8Recipe } from "./unifiedInt8.ts";
import { wageubnRecipe } from "./wageubn.ts";

/** Entry of each built-in recipe by its name on the command line: options, source, and what the recipe makes of them. */
export const recipeEntries = {
  float32: float32Recipe,
  inHindsight: inHindsightRecipe,
  currentMinMax: currentMinMaxRecipe,
  unifiedInt8: unifiedInt8Recipe,
  distributionAdaptive: distributionAdaptiveRecipe,
  lsq: lsqRecipe,
  sat: satRecipe,
  lbt: lbtRecipe,
  lbtHindsight: lbtHindsightRecipe,
  luq: luqRecipe,
  statQuant: statQuantRecipe,
  delayedScaling: delayedScalingRecipe,
  float8: float8Recipe,
  mx: mxRecipe,
  nvfp4: nvfp4Recipe,
  dorefa: dorefaRecipe,
  pact: pactRecipe,
  wageubn: wageubnRecipe,
  niti: nitiRecipe,
  cpq: cpqRecipe,
  directQuantization: directQuantizationRecipe,
  blaq: blaqRecipe,
  logBtq: logBtqRecipe,
  pdQat: pdQatRecipe,
} as const;

/** Every built-in recipe, in the order of tables. */
export const recipeCatalogue: readonly RecipeEntry[] = Object.values(
  recipeEntries as Readonly<Record<string, unknown>>,
) as readonly RecipeEntry[];
