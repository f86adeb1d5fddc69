/** Which integers a grid has, and which of them stands for 0; `qparams.ts` says of each what it is. Recordings hold the place in this list. */
export const schemeNames = ["affine", "symmetric", "powerNear", "powerAbove"] as const;

export type Scheme = (typeof schemeNames)[number];
