/** @file The built-in quantizers: the entries among what the contents of `grids`, `projections` and `learned` export, and DoReFa's. */
import { entriesIn } from "../../core/entry.ts";
import type { Options, Values } from "../../core/options.ts";
import { dorefaEntry } from "../dorefa.ts";
import * as grids from "../grids/index.ts";
import * as learned from "../learned/index.ts";
import type { LearnedEntry, TransformEntry } from "../learned/learnedEntry.ts";
import * as projections from "../projections/index.ts";
import type { ProjectionEntry } from "../projections/projectionEntry.ts";
import type { Quantizer } from "../quantizer.ts";
import {
  everyRole,
  type QuantizerEntry,
  quantizerEntry,
  rounding,
  roundingOption,
  withoutOptions,
} from "../quantizerEntry.ts";
import { withProjection } from "../withProjection.ts";

/** Name, summary and source that a quantizer takes over from its entry. */
const described = ({ name, summary, source }: Pick<QuantizerEntry, "name" | "summary" | "source">) => ({
  name,
  summary,
  source,
});

/** The quantizer that projects: it can work where the projection can, and may be told how to round where the method does not say. */
const projecting = (of: ProjectionEntry): QuantizerEntry => {
  const plain = withoutOptions(of);
  return quantizerEntry({
    ...described(of),
    roles: plain.roles ?? everyRole,
    isInteger: false,
    options: plain.rounding === undefined ? { ...of.options, rounding } : of.options,
    make: ({ rounding, ...values }: Values<Options>) => {
      const projection = of.make(values);
      const chosen = roundingOption(rounding as "auto" | Quantizer["rounding"] | undefined);
      return (base) => withProjection({ ...base, ...chosen }, projection);
    },
  });
};

/** The quantizer with a learned range, which is rounded to nearest. */
const learning = (of: LearnedEntry): QuantizerEntry =>
  quantizerEntry({
    ...described(of),
    roles: withoutOptions(of).roles,
    isInteger: true,
    options: of.options,
    make: (values) => {
      const range = of.make(values);
      const projection = of.projection?.(values);
      return (base) => ({
        ...base,
        rounding: "nearest",
        learned: range,
        ...(projection && { projection }),
      });
    },
  });

/** The quantizer of weights that are bent. */
const transforming = (of: TransformEntry): QuantizerEntry =>
  quantizerEntry({
    ...described(of),
    roles: withoutOptions(of).roles,
    isInteger: true,
    options: of.options,
    make: (values) => {
      const transform = of.make(values);
      return (base) => ({ ...base, transform });
    },
  });

/** Every built-in quantizer. */
export const quantizerCatalogue: readonly QuantizerEntry[] = [
  ...entriesIn<QuantizerEntry>(grids, "quantizer"),
  ...entriesIn<ProjectionEntry>(projections, "projection").map(projecting),
  ...entriesIn<LearnedEntry>(learned, "learned").map(learning),
  ...entriesIn<TransformEntry>(learned, "transform").map(transforming),
  dorefaEntry,
];
