/** @file Float8 with delayed scaling. */
import { asQuantizer } from "../../quantizers/catalogue/asQuantizer.ts";
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { delayedScaling } from "../../quantizers/estimators/delayedScaling.ts";
import { float8Entry } from "../../quantizers/projections/float8.ts";
import type { SitePlan } from "../../quantizers/rules/rule.ts";
import { recipeEntry } from "./recipeEntry.ts";

export const float8Recipe = recipeEntry({
  name: "float8",
  summary:
    "E4M3 forward and E5M2 for gradients, scaled by the largest magnitude of the last 1024 tensors; products in float32",
  source: "NVIDIA TransformerEngine, DelayedScaling",
  options: {
    element: float8Entry.options.element,
    length: { type: "integer", default: 1024, least: 1, most: 2 ** 31, help: "number of preceding tensors" },
  },
  make: ({ element, length }) => {
    const plan: SitePlan = {
      bits: 8,
      range: delayedScaling({ length }),
      quantizer: quantizerWith(asQuantizer(float8Entry), { element, rounding: "nearest" }),
    };
    return { quantization: [{ weight: plan, activation: plan, gradient: plan }] };
  },
});
