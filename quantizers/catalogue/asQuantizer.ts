/** @file Entries of projections, learned ranges and weight transforms as quantizer entries. */
import type { Options, Values } from "../../core/options.ts";
import { roles } from "../../core/signal.ts";
import type { LearnedEntry, TransformEntry } from "../learned/learnedEntry.ts";
import type { ProjectionEntry } from "../projections/projectionEntry.ts";
import type { Quantizer } from "../quantizer.ts";
import { makeDefault, type QuantizerEntry, rounding, roundingOption } from "../quantizerEntry.ts";
import { withProjection } from "../withProjection.ts";

/** Entry of any method that a quantizer can be made from. */
export type MethodEntry<D extends Options = Options> =
  | QuantizerEntry<D>
  | ProjectionEntry<D>
  | LearnedEntry<D>
  | TransformEntry<D>;

/** The quantizer of a projection, for the same roles; it has an option for rounding unless the method fixes it. */
const projecting = (of: ProjectionEntry): QuantizerEntry => {
  const plain = makeDefault(of);
  return {
    ...of,
    kind: "quantizer",
    roles: plain.roles ?? roles,
    isInteger: false,
    options: plain.rounding === undefined ? { ...of.options, rounding } : of.options,
    make: ({ rounding, ...values }: Values<Options>) => {
      const projection = of.make(values);
      const chosen = roundingOption(rounding as "auto" | Quantizer["rounding"] | undefined);
      return (base) => withProjection({ ...base, ...chosen }, projection);
    },
  };
};

/** The quantizer with a learned range; it rounds to nearest. */
const learning = ({ projection: levels, ...of }: LearnedEntry): QuantizerEntry => ({
  ...of,
  kind: "quantizer",
  roles: makeDefault(of).roles,
  isInteger: true,
  make: (values) => {
    const range = of.make(values);
    const projection = levels?.(values);
    return (base) => ({
      ...base,
      rounding: "nearest",
      learned: range,
      ...(projection && { projection }),
    });
  },
});

/** The quantizer of transformed weights. */
const transforming = (of: TransformEntry): QuantizerEntry => ({
  ...of,
  kind: "quantizer",
  roles: makeDefault(of).roles,
  isInteger: true,
  make: (values) => {
    const transform = of.make(values);
    return (base) => ({ ...base, transform });
  },
});

/** The quantizer of an entry, with the same name and options. */
export const asQuantizer = (of: MethodEntry): QuantizerEntry => {
  switch (of.kind) {
    case "quantizer":
      return of;
    case "projection":
      return projecting(of);
    case "learned":
      return learning(of);
    case "transform":
      return transforming(of);
  }
};
