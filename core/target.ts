import type { HostTensor } from "./tensor.ts";

/** Target of the loss: the class of each sample, or a tensor with the shape of the network's output. */
export type Target = Int32Array | HostTensor;

/** Number of samples N. */
export const samplesOf = (target: Target): number =>
  target instanceof Int32Array ? target.length : (target.shape[0] as number);
