/**
 * @file Sums of a depthwise convolution, where each channel has a kernel of its own: lanes are channels.
 *
 * The geometry is that of one group with as many channels; pixels of frames and weights are filled up to a multiple of 8 channels.
 * Integers take two taps at a time: their pixels are interleaved and multiplied with interleaved weights (`i32x4.dot_i16x8_s`); an odd
 * number of taps is filled up by a weight of zero. Floats add tap after tap.
 */
import { backward, frameWidth, kernelColumn, kernelHeight, kernelRow, kernelWidth, phaseColumns, phaseRows, width } from "./geometry";
import { storeLanes } from "./lanes";

/** Channels of one pixel of a frame. */
export function depthwisePixel(): i32 {
  return (width + 7) & ~7;
}

function evenTaps(phase: i32): i32 {
  return (phaseRows(phase) * phaseColumns(phase) + 1) & ~1;
}

/** Bytes of packed weights and of the offsets of the taps, `bytes` (2 or 4) a number. */
export function depthwiseWeightBytes(phase: i32, bytes: i32): usize {
  return evenTaps(phase) * (4 + bytes * depthwisePixel());
}

/** For each tap the bytes from the first tap's pixel to its own. */
function packOffsets(phase: i32, bytes: i32, to: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pixelBytes = bytes * depthwisePixel() * (backward ? -1 : 1);
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < columns; b++, to += 4) store<i32>(to, (a * frameWidth() + b) * pixelBytes);
  if (rows * columns & 1) store<i32>(to, 0);
}

/** Offsets, then weights [pair of taps][channel][2] as int16 (code - zeroPoint). */
export function packDepthwiseIntegers(phase: i32, w: usize, zeros: usize, zeroStep: i32, to: usize): void {
  const pixel = depthwisePixel();
  memory.fill(to, 0, depthwiseWeightBytes(phase, 2));
  packOffsets(phase, 2, to);
  to += 4 * evenTaps(phase);
  const taps = kernelHeight * kernelWidth;
  let t = 0;
  for (let a = 0; a < phaseRows(phase); a++)
    for (let b = 0; b < phaseColumns(phase); b++, t++) {
      const from = w + kernelRow(phase, a) * kernelWidth + kernelColumn(phase, b);
      const place = to + 4 * (t >> 1) * pixel + 2 * (t & 1);
      for (let c = 0; c < width; c++)
        store<i16>(place + 4 * c, load<i8>(from + c * taps) - load<i32>(zeros + 4 * c * zeroStep));
    }
}

/** Offsets, then weights [tap][channel]. */
export function packDepthwiseFloats(phase: i32, w: usize, to: usize): void {
  const pixel = depthwisePixel();
  memory.fill(to, 0, depthwiseWeightBytes(phase, 4));
  packOffsets(phase, 4, to);
  to += 4 * evenTaps(phase);
  const taps = kernelHeight * kernelWidth;
  for (let a = 0; a < phaseRows(phase); a++)
    for (let b = 0; b < phaseColumns(phase); b++, to += 4 * pixel) {
      const from = w + 4 * (kernelRow(phase, a) * kernelWidth + kernelColumn(phase, b));
      for (let c = 0; c < width; c++) store<f32>(to + 4 * c, load<f32>(from + 4 * c * taps));
    }
}

/** Sums of the windows in the list of a phase, to the rows [width] of a tile at `y`. */
export function depthwiseIntegerSums(phase: i32, list: usize, length: i32, x: usize, packed: usize, y: usize): void {
  const pixel: usize = depthwisePixel();
  const taps = evenTaps(phase);
  const pairBytes: usize = 4 * pixel;
  const weights = packed + 4 * taps;
  for (let i = 0; i < length; i++) {
    const from = x + 2 * pixel * load<u32>(list + 8 * i);
    const to = y + 4 * width * load<u32>(list + 8 * i, 4);
    for (let c = 0; c < width; c += 8) {
      const at = from + 2 * c;
      let w = weights + 4 * c;
      let low = i32x4.splat(0);
      let high = low;
      for (let t = 0; t < taps; t += 2, w += pairBytes) {
        const a = v128.load(at + load<u32>(packed + 4 * t));
        const b = v128.load(at + load<u32>(packed + 4 * t, 4));
        const ab = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        const ba = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        low = i32x4.add(low, i32x4.dot_i16x8_s(ab, v128.load(w)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(ba, v128.load(w, 16)));
      }
      storeLanes(to + 4 * c, low, width - c);
      storeLanes(to + 4 * c + 16, high, width - c - 4);
    }
  }
}

/** The same in float32. */
export function depthwiseFloatSums(phase: i32, list: usize, length: i32, x: usize, packed: usize, y: usize): void {
  const pixel: usize = depthwisePixel();
  const taps = phaseRows(phase) * phaseColumns(phase);
  const weights = packed + 4 * evenTaps(phase);
  for (let i = 0; i < length; i++) {
    const from = x + 4 * pixel * load<u32>(list + 8 * i);
    const to = y + 4 * width * load<u32>(list + 8 * i, 4);
    for (let c = 0; c < width; c += 8) {
      const at = from + 4 * c;
      let w = weights + 4 * c;
      let low = f32x4.splat(0);
      let high = low;
      for (let t = 0; t < taps; t++, w += 4 * pixel) {
        const pixelAt = at + load<u32>(packed + 4 * t);
        low = f32x4.add(low, f32x4.mul(v128.load(pixelAt), v128.load(w)));
        high = f32x4.add(high, f32x4.mul(v128.load(pixelAt, 16), v128.load(w, 16)));
      }
      storeLanes(to + 4 * c, low, width - c);
      storeLanes(to + 4 * c + 16, high, width - c - 4);
    }
  }
}
