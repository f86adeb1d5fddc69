/**
 * @file Quantities: what the levels of a single method follow beside the tensor and its range, without a word about it in `Projecting`.
 *
 *     const trainingLosses = quantity<Losses>();                    // beside the method that asks for it
 *     trainingLosses.given(() => activation.losses)                 // what a site gives to every projection
 *     trainingLosses.in(quantities)                                 // what the method finds there
 */

/** A quantity as a site gives it: read when a projection asks for it, and not before. */
export interface GivenQuantity {
  readonly kind: symbol;
  readonly read: () => unknown;
}

/** A kind of quantity that projections may ask for, each a `T`. */
export interface Quantity<T> {
  /** The quantity as a site gives it. */
  readonly given: (read: () => T | undefined) => GivenQuantity;
  /** Its value among those that were given; undefined where nobody knows it. */
  readonly in: (quantities: readonly GivenQuantity[]) => T | undefined;
}

/** A new kind of quantity. */
export const quantity = <T>(): Quantity<T> => {
  const kind = Symbol();
  return {
    given: (read) => ({ kind, read }),
    in: (quantities) => quantities.find((given) => given.kind === kind)?.read() as T | undefined,
  };
};
