/** @file Logarithmic levels: 0, and a, 2a, 4a, .. of either sign. */
import { floorLog2 } from "../core/powers.ts";
import type { Projected, Projecting } from "./projection.ts";

export interface Powers {
  /** The smallest magnitude a: a normal float32 number, or 0 where every level is 0. */
  readonly least: number;
  /** Number of magnitudes, at least 1. */
  readonly count: number;
}

/** As many magnitudes up to `most` as float32 has normal numbers for, and at most so many. */
export const powersUpTo = (most: number, count: number): Powers => {
  if (!(most >= 2 ** -126)) return { least: 0, count: 1 };
  const held = Math.min(count, floorLog2(most) + 127);
  return { least: Math.fround(most * 2 ** (1 - held)), count: held };
};

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/**
 * Every element becomes a level: the nearest one, or with noise one of both neighbours, so that its expectation is x. What is
 * above `limit` is clipped to the last level; NaN becomes 0.
 *
 * @param draws with noise, the average of so many independent ones: their variance divided by draws
 */
export const projectOntoPowers = (
  { least, count }: Powers,
  limit: number,
  x: Float32Array,
  { noise }: Pick<Projecting, "noise">,
  draws = 1,
): Projected => {
  const values = new Float32Array(x.length);
  const inside = new Int8Array(x.length).fill(1);
  const top = 2 ** (count - 1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    const magnitude = Math.abs(v);
    let level = top;
    if (magnitude > limit) {
      clipped++;
      inside[i] = 0;
    } else if (!(magnitude > 0) || least === 0) level = 0;
    else {
      float[0] = magnitude / least;
      const ratio = float[0] as number;
      if (ratio < top) {
        // Without its mantissa a number is the power of two below it.
        word[0] = (word[0] as number) & 0x7f800000;
        const lower = ratio < 1 ? 0 : (float[0] as number);
        const upper = ratio < 1 ? 1 : 2 * lower;
        const up = (ratio - lower) / (upper - lower);
        if (noise === undefined) level = up < 0.5 ? lower : upper;
        else {
          let ups = 0;
          for (let draw = 0; draw < draws; draw++) ups += (up + 0.5 + noise(i * draws + draw)) | 0;
          level = lower + ((upper - lower) * ups) / draws;
        }
      }
    }
    // 0 - 0 is 0, where -0 would be another number.
    values[i] = v < 0 ? 0 - level * least : level * least;
  }
  return { values, inside, clipped };
};
