/** @file What layers tell of a batch on its way through a network. */

/** Told by each layer, so that whoever feeds the batch can say where it got lost. Layers go by their paths, where they have any. */
export interface Trace {
  readonly enter: () => void;
  /** Notes that one of several layers that make one operator has done its work. */
  readonly pass: (layer: string) => void;
  readonly leave: (layer: string | undefined) => void;
  /** The stream into a layer has ended, and this batch was the last of it. */
  readonly end: (layer: string | undefined) => void;
  /** Place of the batch, for a sentence: in front of a layer that is named, else behind the last that it has left. */
  readonly place: (layer?: string) => string;
}
