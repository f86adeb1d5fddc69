/**
 * @file Float32 sums of a depthwise convolution: lanes are channels, one tap after another.
 *
 * The geometry is that of a single group with all channels; a pixel of a frame has a multiple of 8 channels.
 */
import { depthwisePixel } from "./depthwiseFrame";
import {
  backward,
  frameWidth,
  kernelColumn,
  kernelHeight,
  kernelRow,
  kernelWidth,
  phaseColumns,
  phaseRows,
  width,
} from "./geometry";
import { storeLanes } from "./lanes";

function tapsOf(phase: i32): i32 {
  return phaseRows(phase) * phaseColumns(phase);
}

/** Bytes of the offsets of the taps and of packed weights. */
export function depthwiseFloatWeightBytes(phase: i32): usize {
  return tapsOf(phase) * (4 + 4 * depthwisePixel());
}

/** Table of the distance in bytes from the first tap's pixel to each tap's. */
function packOffsets(phase: i32, to: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pixelBytes = 4 * depthwisePixel() * (backward ? -1 : 1);
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < columns; b++, to += 4) store<i32>(to, (a * frameWidth() + b) * pixelBytes);
}

/** Offsets, then weights [tap][channel]. */
export function packDepthwiseFloats(phase: i32, w: usize, to: usize): void {
  const pixel = depthwisePixel();
  packOffsets(phase, to);
  to += 4 * tapsOf(phase);
  const taps = kernelHeight * kernelWidth;
  for (let a = 0; a < phaseRows(phase); a++)
    for (let b = 0; b < phaseColumns(phase); b++, to += 4 * pixel) {
      const from = w + 4 * (kernelRow(phase, a) * kernelWidth + kernelColumn(phase, b));
      for (let c = 0; c < width; c++) store<f32>(to + 4 * c, load<f32>(from + 4 * c * taps));
    }
}

/** Sums of the windows in the list of a phase, to the rows [width] of a tile at `y`. */
export function depthwiseFloatSums(phase: i32, list: usize, length: i32, x: usize, packed: usize, y: usize): void {
  const pixel: usize = depthwisePixel();
  const taps = tapsOf(phase);
  const weights = packed + 4 * taps;
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
