/** @file Direct Quantization in the catalogue of quantizers: learned levels for weights, learned bounds for activations. */
import { channelBound, channelBoundOptions } from "./learned/channelBound.ts";
import { directLevels } from "./learned/directLevels.ts";
import { quantizerEntry } from "./quantizerEntry.ts";

/** `directQuantization` in the catalogue of quantizers. */
export const directQuantizationEntry = quantizerEntry({
  name: "directQuantization",
  summary:
    "reconstruction, not reproduced: weights are learned levels, between which optimizer direct moves them; activations have a bound from the errors of each channel",
  source: "Hoang et al. 2020, arXiv:2012.13762, its abstract",
  roles: ["weight", "activation"],
  isInteger: false,
  options: channelBoundOptions,
  make: ({ sign }) => {
    const transform = directLevels();
    const learned = channelBound({ sign });
    return (base, role) =>
      role === "activation" ? { ...base, rounding: "nearest", learned } : { ...base, transform };
  },
});
