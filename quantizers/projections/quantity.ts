/**
 * @file Quantities: inputs of single methods beside the tensor and its range, without a field of their own in `Projecting`.
 *
 *     const trainingLosses = quantity<Losses>();                    // beside the method that needs it
 *     trainingLosses.given(() => activation.losses)                 // what a site passes to every projection
 *     trainingLosses.in(quantities)                                 // how the method reads it
 */

/** A quantity as passed by a site; it is read only if a projection asks for it. */
export interface GivenQuantity {
  readonly kind: symbol;
  readonly read: () => unknown;
}

/** A kind of quantity with values of type `T`. */
export interface Quantity<T> {
  /** Makes the quantity that a site passes. */
  readonly given: (read: () => T | undefined) => GivenQuantity;
  /** Its value among the quantities that were passed; `undefined` if unknown. */
  readonly in: (quantities: readonly GivenQuantity[]) => T | undefined;
}

/** Makes a new kind of quantity. */
export const quantity = <T>(): Quantity<T> => {
  const kind = Symbol();
  return {
    given: (read) => ({ kind, read }),
    in: (quantities) => quantities.find((given) => given.kind === kind)?.read() as T | undefined,
  };
};
