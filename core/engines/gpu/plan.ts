/**
 * @file Plan of a convolution's product as gathered sums: the frame, the tables, and the positions of the sums.
 *
 *     sums[to[r] * rowStep + c * columnStep] += sum over t of   a[row[r] + tap[t] + column[c]] * b[from[t, c]]
 *
 * where `a` is an image operand in a frame of zeros, and `b` the other operand, read through `from`, or as it is.
 *
 *     Forward         a = x    b = w    rows: positions of y     taps: kh, kw, i    columns: o
 *     BackwardInput   a = dy   b = w    rows: positions of dx    taps: kh, kw, o    columns: i
 *     BackwardWeight  a = x    b = dy   rows: kh, kw, i          taps: positions    columns: o
 *
 * BackwardInput with stride s has s * s parts: the positions of dx have phases ((h + padding) mod s, (w + padding) mod s), and
 * those of one phase use the same taps of the kernel and no others, so no inserted zeros are multiplied.
 */
import type { ConvProduct } from "../../product.ts";
import type { ConvShape } from "../../shape.ts";
import { type Shape, type Shape4, sides4 } from "../../tensor.ts";

/** Zeros around an image, which starts at `top`, `left` in a frame of `height` and `width`. */
export interface Frame {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** One kernel call: all pairs of its rows and columns, each summed over its taps. */
export interface Part {
  /** Addresses in the framed `a`, in elements; row + tap + column is inside it. */
  readonly row: Int32Array;
  readonly tap: Int32Array;
  readonly column: Int32Array;
  /** Elements of `b` by tap and column, or `undefined` for `b` as it is: [taps, columns]. */
  readonly from: Int32Array | undefined;
  /** Positions in the sums, before `rowStep`. */
  readonly to: Int32Array;
}

/** Plan of a product: its parts, and the layout of its operands. */
export interface Plan {
  readonly frame: Frame;
  readonly parts: readonly Part[];
  readonly rowStep: number;
  readonly columnStep: number;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Addresses of channel 0 at each (n, y, x) of a frame of `channels`. */
const addresses = (
  frame: Frame,
  channels: number,
  samples: number,
  ys: readonly number[],
  xs: readonly number[],
): Int32Array => {
  const out = new Int32Array(samples * ys.length * xs.length);
  let at = 0;
  for (let n = 0; n < samples; n++)
    for (const y of ys) for (const x of xs) out[at++] = ((n * frame.height + y) * frame.width + x) * channels;
  return out;
};

/** Addresses of each (y, x, channel) of one group, relative to channel 0 of the group at (0, 0). */
const offsets = (
  frame: Frame,
  channels: number,
  perGroup: number,
  ys: readonly number[],
  xs: readonly number[],
): Int32Array =>
  Int32Array.from(
    ys.flatMap((y) =>
      xs.flatMap((x) => range(perGroup).map((channel) => (y * frame.width + x) * channels + channel)),
    ),
  );

/** First channel of `a` that each column reads: columns and channels of `a` are divided into the same groups. */
const groupStarts = (columns: number, channels: number, groups: number): Int32Array =>
  Int32Array.from(range(columns), (c) => Math.floor(c / (columns / groups)) * (channels / groups));

/** Positions of the window and taps of the kernel over a padded x, for Forward and BackwardWeight. */
const overInput = (conv: ConvShape, [, h, w]: Shape4, [samples, outHeight, outWidth]: Shape4) => {
  const { stride, padding, inChannels, outChannels, groups, kernelHeight, kernelWidth } = conv;
  const frame = { top: padding, left: padding, height: h + 2 * padding, width: w + 2 * padding };
  const strided = (count: number): readonly number[] => range(count).map((i) => i * stride);
  return {
    frame,
    positions: addresses(frame, inChannels, samples, strided(outHeight), strided(outWidth)),
    taps: offsets(frame, inChannels, inChannels / groups, range(kernelHeight), range(kernelWidth)),
    column: groupStarts(outChannels, inChannels, groups),
  };
};

const forward = (conv: ConvShape, x: Shape4, y: Shape4): Plan => {
  const { frame, positions, taps, column } = overInput(conv, x, y);
  const from = new Int32Array(taps.length * column.length);
  for (let t = 0; t < taps.length; t++)
    for (let o = 0; o < column.length; o++) from[t * column.length + o] = o * taps.length + t;
  const to = Int32Array.from(positions.keys());
  return {
    frame,
    parts: [{ row: positions, tap: taps, column, from, to }],
    rowStep: column.length,
    columnStep: 1,
  };
};

const backwardWeight = (conv: ConvShape, x: Shape4, y: Shape4): Plan => {
  const { frame, positions, taps, column } = overInput(conv, x, y);
  const to = Int32Array.from(taps.keys());
  return {
    frame,
    parts: [{ row: taps, tap: positions, column, from: undefined, to }],
    rowStep: 1,
    columnStep: taps.length,
  };
};

/** One side of one phase: the positions where dx and dy meet, and the taps of the kernel they use. */
interface Phase {
  /** Positions of dx, and the position of dy that their first tap reads. */
  readonly own: readonly number[];
  readonly met: readonly number[];
  readonly taps: readonly number[];
}

const phasesOf = (side: number, kernel: number, { stride, padding }: ConvShape): readonly Phase[] =>
  range(stride).map((phase) => {
    const own = range(side).filter((i) => (i + padding) % stride === phase);
    return {
      own,
      met: own.map((i) => (i + padding - phase) / stride),
      taps: range(kernel).filter((k) => k % stride === phase),
    };
  });

/** Elements of w [O, KH, KW, I / groups] by tap (kh, kw, output channel of a group) and input channel. */
const flipped = (conv: ConvShape, khs: readonly number[], kws: readonly number[]): Int32Array => {
  const { inChannels, outChannels, groups, kernelHeight, kernelWidth } = conv;
  const [inPerGroup, outPerGroup] = [inChannels / groups, outChannels / groups];
  const out = new Int32Array(khs.length * kws.length * outPerGroup * inChannels);
  let at = 0;
  for (const kh of khs)
    for (const kw of kws)
      for (let o = 0; o < outPerGroup; o++)
        for (let i = 0; i < inChannels; i++) {
          const output = Math.floor(i / inPerGroup) * outPerGroup + o;
          out[at++] = ((output * kernelHeight + kh) * kernelWidth + kw) * inPerGroup + (i % inPerGroup);
        }
  return out;
};

const backwardInput = (conv: ConvShape, dx: Shape4, dy: Shape4): Plan => {
  const { stride, padding, inChannels, outChannels, groups, kernelHeight, kernelWidth } = conv;
  const [samples, h, w] = dx;
  const outPerGroup = outChannels / groups;
  const before = (kernel: number): number => Math.ceil(kernel / stride) - 1;
  const [top, left] = [before(kernelHeight), before(kernelWidth)];
  const last = (side: number): number => Math.floor((side - 1 + padding) / stride);
  const frame = {
    top,
    left,
    height: top + Math.max(dy[1], last(h) + 1),
    width: left + Math.max(dy[2], last(w) + 1),
  };
  const column = groupStarts(inChannels, outChannels, groups);
  const backwards = (taps: readonly number[]): readonly number[] => taps.map((_, j) => -j);
  const part = (ys: Phase, xs: Phase): Part => ({
    row: addresses(
      frame,
      outChannels,
      samples,
      ys.met.map((y) => y + top),
      xs.met.map((x) => x + left),
    ),
    tap: offsets(frame, outChannels, outPerGroup, backwards(ys.taps), backwards(xs.taps)),
    column,
    from: flipped(conv, ys.taps, xs.taps),
    to: addresses({ top: 0, left: 0, height: h, width: w }, 1, samples, ys.own, xs.own),
  });
  const rows = phasesOf(h, kernelHeight, conv);
  const columns = phasesOf(w, kernelWidth, conv);
  return {
    frame,
    parts: rows
      .flatMap((ys) => columns.map((xs) => part(ys, xs)))
      .filter(({ row, tap }) => row.length > 0 && tap.length > 0),
    rowStep: inChannels,
    columnStep: 1,
  };
};

/** Shapes of the product's larger side, x or dx, and of its output side, y or dy, of which the first `samples` are used. */
export interface Sides {
  readonly input: Shape;
  readonly output: Shape;
}

/** The plan of a product over `samples` samples. A phase without taps has no part; its sums are 0. */
export const planOf = (tag: ConvProduct["_tag"], conv: ConvShape, sides: Sides, samples: number): Plan => {
  const [, ...image] = sides.input;
  const [, ...positions] = sides.output;
  const input = sides4([samples, ...image]);
  const output = sides4([samples, ...positions]);
  switch (tag) {
    case "Forward":
      return forward(conv, input, output);
    case "BackwardInput":
      return backwardInput(conv, input, output);
    case "BackwardWeight":
      return backwardWeight(conv, input, output);
  }
};
