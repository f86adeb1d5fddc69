/**
 * @file The gpu.js kernel: sums of products that are gathered through tables of addresses.
 *
 *     partial[k, r, c] = sum over the taps t of chunk k of   a[row[r] + tap[t] + column[c]] * b[t, c]
 *
 * All three products of a convolution have this form; `plan.ts` makes their tables. `a` and `b` hold code - zeroPoint as float32,
 * between -255 and 255. A chunk has at most `tapsPerChunk` taps, so every partial sum is an integer below 2^24, which float32
 * represents exactly, in any order, fused or not. The host adds the chunks as integers.
 *
 * Carrying a sum in two floats inside the kernel would be as exact, but gpu.js returns an Array(2) as an object per element, and it
 * was slower on webasm, cpu and WebGPU. The chunks cost one float read back per 258 products.
 *
 * gpu.js rewrites source text as a shader, as WebAssembly or as JavaScript. The kernel is therefore text from the start, so that
 * tools that rename functions or instrument them cannot break it. It uses only +, * and array reads.
 * Oracle: `engines/reference/products.ts`, equal to the bit on every backend.
 */

/** 258 * 255 * 255 = 16776450 < 2^24 = 16777216. */
export const tapsPerChunk = 258;

/** Parameters of the kernel's text beside its tables. */
export interface KernelShape {
  /** Number of taps that one thread adds. */
  readonly taps: number;
  /** Number of rows that one thread computes. 1 returns a number; 4 returns an Array(4) and reads each `b` once for four `a`. */
  readonly rowsPerThread: RowsPerThread;
  /** Whether columns read different channels of `a`. */
  readonly grouped: boolean;
}

/** Rows of the output per thread: 4 on the CPU, 1 on a GPU. */
export type RowsPerThread = 1 | 4;

/** Source text of the kernel. Its output is [columns, rows / rowsPerThread, chunks]. */
export const kernelSource = ({ taps, rowsPerThread, grouped }: KernelShape): string => {
  const rows = Array.from({ length: rowsPerThread }, (_, i) => i);
  const line = (text: (row: number) => string): string => rows.map(text).join("\n  ");
  const column = grouped ? " + this.constants.column[this.thread.x]" : "";
  const sums = rows.map((i) => `sum${i}`).join(", ");
  return `function (a, b) {
  const first = this.thread.z * ${taps};
  ${line((i) => `const row${i} = this.constants.row[this.thread.y * ${rowsPerThread} + ${i}]${column};`)}
  ${line((i) => `let sum${i} = 0;`)}
  for (let t = 0; t < ${taps}; t++) {
    const at = this.constants.tap[first + t];
    const weight = b[first + t][this.thread.x];
    ${line((i) => `sum${i} += a[row${i} + at] * weight;`)}
  }
  return ${rowsPerThread === 1 ? sums : `[${sums}]`};
}`;
};
