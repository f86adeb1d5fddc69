/** @file Logarithmic levels: 0, and a, 2a, 4a, .. of either sign. */
import { floorLog2 } from "../../core/powers.ts";
import type { Projected, Projecting } from "./projection.ts";

/** Magnitudes a, 2a, 4a, .. of logarithmic levels. */
export interface Powers {
  /** Smallest magnitude a: a normal float32 number, or 0 if every level is 0. */
  readonly least: number;
  /** Number of magnitudes, at least 1. */
  readonly count: number;
}

/** Powers of two times `most`, downwards from it: `count` of them, or as many as are normal float32 numbers. */
export const powersUpTo = (most: number, count: number): Powers => {
  if (!(most >= 2 ** -126)) return { least: 0, count: 1 };
  const held = Math.min(count, floorLog2(most) + 127);
  return { least: Math.fround(most * 2 ** (1 - held)), count: held };
};

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Levels 0, 1, 2, 4, .., the distance of each to the next, and its inverse. Tables, because branches would be mispredicted. */
const below = Float64Array.from({ length: 256 }, (_, place) => (place === 0 ? 0 : 2 ** (place - 1)));
const gaps = below.map((level) => level || 1);
const perGap = gaps.map((gap) => 1 / gap);

/**
 * Rounds each element to a level: the nearest one, or with noise one of its two neighbours, so that the expectation is x.
 * Magnitudes above `limit` are clipped to the last level; NaN becomes 0.
 *
 * @param draws with noise, number of independent draws to average, which divides the variance by it. Default: 1.
 */
export const projectOntoPowers = (
  { least, count }: Powers,
  limit: number,
  x: Float32Array,
  { noise }: Pick<Projecting, "noise">,
  draws = 1,
): Projected => {
  const noises = noise?.(x.length * draws);
  const values = new Float32Array(x.length);
  const gradientMask = new Int8Array(x.length).fill(1);
  const words = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const top = 2 ** (count - 1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const magnitude = Math.abs(x[i] as number);
    let level = top;
    if (magnitude > limit) {
      clipped++;
      gradientMask[i] = 0;
    } else if (Number.isNaN(magnitude) || least === 0) level = 0;
    else {
      float[0] = magnitude / least;
      const ratio = float[0] as number;
      if (ratio < top) {
        const octave = ((word[0] as number) >>> 23) - 126;
        // 0 where it is negative.
        const place = octave & ~(octave >> 31);
        const lower = below[place] as number;
        const gap = gaps[place] as number;
        const up = (ratio - lower) * (perGap[place] as number) + 0.5;
        if (draws === 1) level = lower + gap * ((up + (noises ? (noises[i] as number) : 0)) | 0);
        else {
          let ups = 0;
          for (let draw = 0; draw < draws; draw++)
            ups += (up + (noises ? (noises[i * draws + draw] as number) : 0)) | 0;
          level = lower + (gap * ups) / draws;
        }
      }
    }
    // The sign without a branch that would be mispredicted half of the time. Adding 0 turns -0 into 0, which is another number.
    values[i] = level * least * (1 - 2 * ((words[i] as number) >>> 31)) + 0;
  }
  return { values, gradientMask, clipped };
};
