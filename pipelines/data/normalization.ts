/** Mean and standard deviation of each channel: x = (byte / 255 - mean) / std, computed in float64 and rounded once to float32. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Normalized inputs of the 256 bytes, a table for each channel: (byte / 255 - mean) / std in float64, rounded once to float32. */
export const byteTables = ({ mean, std }: Normalization): readonly Float32Array[] =>
  mean.map((m, c) => Float32Array.from({ length: 256 }, (_, v) => (v / 255 - m) / (std[c] as number)));
