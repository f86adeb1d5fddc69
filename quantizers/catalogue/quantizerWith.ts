import { internal } from "../../core/errors.ts";
import { type Given, type Options, type Values, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import type { NamedQuantizer } from "../quantizer.ts";
import { quantizerCatalogue } from "./quantizerCatalogue.ts";

/** Name and options as the file of a method declares them. */
interface Described<D extends Options> {
  readonly name: string;
  readonly options: D;
}

/**
 * A built-in quantizer with options, as a rule takes it, under the name that the command line has for it.
 *
 * @example
 * import { quantizerWith, satEntry } from "rangeflow/quantizers";
 *
 * quantizerWith(satEntry, { grid: "original" }).name; // "sat:grid=original"
 */
export const quantizerWith = <const D extends Options>(
  of: Described<D>,
  given: Given<D> = {} as Given<D>,
): NamedQuantizer => {
  const entry = quantizerCatalogue.find(({ name }) => name === of.name);
  if (entry === undefined) throw internal(`no quantizer ${of.name} in the catalogue`);
  const values = withDefaults(entry.options, given as Given<Options>);
  return {
    name: optionedName(of.name, entry.options, values),
    choose: entry.make(values as Values<Options>),
  };
};
