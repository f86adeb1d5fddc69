/**
 * @file Relaxed quantization: a number falls on each grid point with some probability, and gradients go through these
 *   probabilities.
 *
 *     pi_i ~ z_i (sigmoid((i + 1/2 - v) / sigma) - sigmoid((i - 1/2 - v) / sigma))     point i, number v, both in steps
 *          ~ z_i / (cosh((i - v) / sigma) + cosh(1 / (2 sigma)))
 *
 * The second form drops a factor common to all points. z_i is the mask of point i. Points come in bands: the k-th band
 * has the points that k bits can represent and k - 1 bits cannot, and all points of a band share one z.
 */
import { cosh } from "../../core/elementary/cosh.ts";
import { exp } from "../../core/elementary/exp.ts";
import { log } from "../../core/elementary/log.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";

/** A masked grid: z of the bands of 2, 3, ... bits; the first is 1. */
export interface Grid {
  readonly bands: readonly number[];
  /** Spread of a number, in steps. */
  readonly sigma: number;
}

/** The outermost point of `bits` bits. */
export const topOf = (bits: number): number => 2 ** (bits - 1) - 1;

/** The outermost point that is not masked out. */
export const topLeft = ({ bands }: Grid): number => topOf(bands.findLastIndex((z) => z > 0) + 2);

/** Distance in sigma from the nearest point beyond which points are negligible in float64. */
const reach = 40;

/** exp(-1 / (2 sigma)) + exp(1 / (2 sigma)). */
const widthOf = ({ sigma }: Grid): number => 2 * cosh(0.5 / sigma);

/** Maximal runs of adjacent bands with the same z, from innermost to outermost point. */
const ringsOf = ({
  bands,
}: Grid): readonly { readonly inner: number; readonly outer: number; readonly z: number }[] =>
  bands.flatMap((z, band) => {
    if (z === 0 || z === bands[band - 1]) return [];
    const next = bands.findIndex((other, k) => k > band && other !== z);
    return [{ inner: band === 0 ? 0 : 2 ** band, outer: topOf((next < 0 ? bands.length : next) + 1), z }];
  });

/** The most probable point for a number v; of equally probable ones, the inner. */
export const likeliestOf = (grid: Grid): ((v: number) => number) => {
  const rings = ringsOf(grid);
  const { sigma } = grid;
  const width = widthOf(grid);
  const nearestIn = (size: number, { inner, outer }: (typeof rings)[number]): number =>
    Math.max(roundHalfEvenSmall(Math.min(size, outer)), inner);
  const signed = (point: number, v: number): number => (v < 0 ? -point : point);
  const [only] = rings;
  if (only && rings.length === 1) return (v) => signed(nearestIn(Math.abs(v), only), v);
  // Beyond the last point, only the distances between points matter.
  const most = topLeft(grid) + reach * sigma;
  return (v) => {
    const size = Math.min(Math.abs(v), most);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const ring of rings) {
      const point = nearestIn(size, ring);
      const far = Math.abs(point - size) / sigma;
      // -log pi, up to a constant.
      const cost = far + log(1 + exp(-2 * far) + width * exp(-far)) - log(ring.z);
      if (cost < least) {
        least = cost;
        best = point;
      }
    }
    return signed(best, v);
  };
};

/** Derivatives of the mean point, the sum of i pi_i. */
export interface Slopes {
  /** Derivative with respect to v. */
  slope: number;
  /** Derivative with respect to log z of each band, everything else fixed. */
  readonly ofBands: Float64Array;
}

/** Computes the slopes at one number after another. The result is overwritten by the next call. */
export const slopesOf = (grid: Grid): ((v: number) => Slopes) => {
  const { bands, sigma } = grid;
  const top = topLeft(grid);
  const width = widthOf(grid);
  const farthest = Math.min(Math.ceil(reach * sigma), 2 * top);
  /** exp(-n / sigma) */
  const decays = Float64Array.from({ length: farthest + 1 }, (_, n) => exp(-n / sigma));
  const weights = new Float64Array(bands.length);
  const points = new Float64Array(bands.length);
  const found: Slopes = { slope: 0, ofBands: new Float64Array(bands.length) };
  return (v) => {
    weights.fill(0);
    points.fill(0);
    const nearest = roundHalfEvenSmall(Math.min(Math.max(v, -top), top));
    const off = (nearest - v) / sigma;
    const isAbove = off >= 0;
    const decay = exp(-Math.abs(off));
    // The number lies on one side of its nearest point; the points on that side are nearer by the same distance.
    const across = 1 / decay;
    let [total, first, turns, firstTurns] = [0, 0, 0, 0];
    const last = Math.min(top, nearest + farthest);
    for (let point = Math.max(-top, nearest - farthest); point <= last; point++) {
      const isBeyond = point !== nearest && point > nearest !== isAbove;
      const steps = decays[Math.abs(point - nearest)] as number;
      const near = steps * (isBeyond ? across : decay);
      const over = 1 / (1 + near * near + width * near);
      const band = Math.max(31 - Math.clz32(Math.abs(point)), 0);
      const weight = (bands[band] as number) * steps * (isBeyond ? across * across : 1) * over;
      const turn = weight * (1 - near * near) * over;
      const signed = point > nearest || (point === nearest && isAbove) ? turn : -turn;
      total += weight;
      first += weight * point;
      turns += signed;
      firstTurns += signed * point;
      weights[band] = (weights[band] as number) + weight;
      points[band] = (points[band] as number) + weight * point;
    }
    const mean = first / total;
    found.slope = (firstTurns - mean * turns) / (total * sigma);
    for (let band = 0; band < weights.length; band++)
      found.ofBands[band] = ((points[band] as number) - mean * (weights[band] as number)) / total;
    return found;
  };
};
