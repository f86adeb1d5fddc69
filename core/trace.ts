/** @file The trace of a batch through a network. */

/**
 * Updated by each layer, so that the source of the batch can say where it got lost. Layers are identified by their
 * paths, if they have any.
 */
export interface Trace {
  readonly enter: () => void;
  /** One of several layers that form an operator has finished. */
  readonly pass: (layer: string) => void;
  readonly leave: (layer: string | undefined) => void;
  /** The input stream of a layer has completed; this batch was its last. */
  readonly end: (layer: string | undefined) => void;
  /** Place of the batch, for a message: before a given layer, otherwise after the last layer that it has left. */
  readonly place: (layer?: string) => string;
}
