/** @file NVFP4. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { floatFormats } from "../../quantizers/formats/elementFormat.ts";
import { nvfp4Entry } from "../../quantizers/projections/nvfp4.ts";
import type { SitePlan } from "../../quantizers/rules/rule.ts";
import { endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const nvfp4Recipe = recipeEntry({
  name: "nvfp4",
  summary:
    "NVFP4 with current ranges and stochastic gradients, first and last layer in float32; without rotations; products in float32",
  source: "arXiv:2509.25149",
  options: {
    element: nvfp4Entry.options.element,
    top: { ...nvfp4Entry.options.top, most: floatFormats.e4m3.max },
  },
  make: ({ element, top }) => {
    const plan: SitePlan = {
      bits: 4,
      range: currentMinMax(),
      quantizer: quantizerWith(nvfp4Entry, { element, top }),
    };
    return {
      quantization: [{ weight: plan, activation: plan, gradient: plan }, ...endsInFloat32],
    };
  },
});
