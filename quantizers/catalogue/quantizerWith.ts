import { type Given, type Options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import type { NamedQuantizer } from "../quantizer.ts";
import { asQuantizer, type MethodEntry } from "./asQuantizer.ts";

/**
 * The quantizer of an entry with options, as a rule takes it, under the name that the command line has for it; the entry may be your own.
 *
 * @param of what `projectionEntry`, `learnedEntry`, `transformEntry` or `quantizerEntry` has made
 * @param given values of its options; defaults for those that are left out
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
