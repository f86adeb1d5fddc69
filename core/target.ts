import type { HostTensor } from "./tensor.ts";

/** Target that the loss compares the network's output with: the class of each sample, or a tensor of the output's shape. */
export type Target = Int32Array | HostTensor;

/** Number of samples. */
export const samplesOf = (target: Target): number =>
  target instanceof Int32Array ? target.length : (target.shape[0] as number);
