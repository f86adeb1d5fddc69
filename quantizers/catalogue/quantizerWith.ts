import { type Given, type Options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import type { NamedQuantizer } from "../quantizer.ts";
import { asQuantizer, type MethodEntry } from "./asQuantizer.ts";

/**
 * The quantizer of an entry with options, for a rule, named as on the command line. The entry may be your own.
 *
 * @param of an entry made by `projectionEntry`, `learnedEntry`, `transformEntry` or `quantizerEntry`
 * @param given values of its options; defaults for those that are left out
 * @throws `RangeflowFailure` for unknown options and invalid values
 * @example
 * import { quantizerWith, satEntry } from "rangeflow/quantizers";
 *
 * quantizerWith(satEntry, { grid: "original" }).name; // "sat:grid=original"
 */
export const quantizerWith = <const D extends Options>(
  of: MethodEntry<D>,
  given: Given<D> = {} as Given<D>,
): NamedQuantizer => {
  const { name, options, make } = asQuantizer(of);
  const values = withDefaults<Options>(options, given, name);
  return { name: optionedName(name, options, values), choose: make(values) };
};
