import type { Dataset } from "./dataset.ts";

/** What a data set tells about itself, beside its functions. */
type DatasetFacts = Omit<Dataset, "content" | "batches" | "blank">;

/** Reads each fact of a data set. A new fact needs an entry here. */
const readers: { readonly [K in keyof Required<DatasetFacts>]: (data: DatasetFacts) => DatasetFacts[K] } = {
  name: ({ name }) => name,
  shape: ({ shape }) => shape,
  classes: ({ classes }) => classes,
  targetShape: ({ targetShape }) => targetShape,
  variant: ({ variant }) => variant,
  normalization: ({ normalization }) => normalization,
};

/** Facts of a data set as plain fields: an instance of a class may have them on its prototype. */
export const factsOf = (data: DatasetFacts): DatasetFacts =>
  Object.fromEntries(
    Object.entries(readers).flatMap(([name, read]) => {
      const value = read(data);
      return value === undefined ? [] : [[name, value]];
    }),
  ) as unknown as DatasetFacts;
