/**
 * @file Kernel text for the statistics of a tensor: some thousand threads summarize it, fewer threads summarize their results, and
 *   the host does the last 64.
 */
import type { RangeStat } from "../../../range.ts";
import type { Tensor } from "../../../tensor.ts";
import { type Quantize, writeRounded } from "./codes.ts";
import type { Threads } from "./machine.ts";
import { type Text, textFor, type Written } from "./text.ts";

const largest = 3.4028234663852886e38;

/** Number of elements per thread, and number of results that the host summarizes. */
const perThread = 64;
const fewThreads = 64;

/** Number of threads that summarize `size` elements, and number of elements per thread. */
const divided = (size: number): { readonly threads: number; readonly each: number } => {
  const threads = Math.max(Math.ceil(size / perThread), Math.min(size, fewThreads));
  return { threads, each: Math.ceil(size / threads) };
};

/** Keeps the smaller or larger of two numbers. -0 is smaller than 0, which the sign of its inverse shows. */
const writeExtreme = (text: Text, result: string, value: string, sign: "<" | ">"): void => {
  const zero = `${value} === 0 && ${result} === 0 && 1 / ${value} ${sign} 0`;
  text.line(`if (${value} ${sign} ${result} || (${zero})) { ${result} = ${value}; }`);
};

/** Rows of a summary: smallest and largest finite element, number of elements that are not finite, and number that are clipped. */
export const summaryRows = (quantize: Quantize | undefined): number => (quantize ? 4 : 3);

/** The first summary of a tensor: [rows, threads]. */
export const summaryText = (
  x: Tensor,
  quantize: Quantize | undefined,
): Written & { readonly threads: Threads } => {
  const { threads, each } = divided(x.size);
  const text = textFor([summaryRows(quantize), threads]);
  const array = text.array(x);
  const result = text.let("0");
  text.line(`if (this.thread.y === 0) { ${result} = ${largest}; }`);
  text.line(`if (this.thread.y === 1) { ${result} = ${-largest}; }`);
  text.line(`for (let i = 0; i < ${each}; i++) {`);
  const index = `at(this.thread.x, i, 0, ${threads}, 1)`;
  text.line(`if (${index} < ${x.size}) {`);
  const value = text.let(`${array}[${index}]`);
  const finite = `Math.abs(${value}) <= ${largest}`;
  text.line("if (this.thread.y === 0) {");
  text.line(`if (${finite}) {`);
  writeExtreme(text, result, value, "<");
  text.line("} }");
  text.line("if (this.thread.y === 1) {");
  text.line(`if (${finite}) {`);
  writeExtreme(text, result, value, ">");
  text.line("} }");
  text.line("if (this.thread.y === 2) {");
  text.line(`if (!(${finite})) { ${result} += 1; }`);
  text.line("}");
  if (quantize) {
    text.line("if (this.thread.y === 3) {");
    const { code, lo, hi } = writeRounded(text, value, index, quantize);
    text.line(`if (${code} < ${lo} || ${code} > ${hi}) { ${result} += 1; }`);
    text.line("}");
  }
  text.line("} }");
  text.line(`return ${result};`);
  return { ...text.written(), threads: [threads, summaryRows(quantize)] };
};

/** The summary of a summary: [rows, fewer threads]; `undefined` if it has few columns already. */
export const nextSummaryText = (
  summary: Tensor,
  rows: number,
): (Written & { readonly threads: Threads }) | undefined => {
  const columns = summary.size / rows;
  if (columns <= fewThreads) return undefined;
  const { threads, each } = divided(columns);
  const text = textFor([rows, threads]);
  const array = text.array(summary);
  const at = (i: string): string => `${array}[at(${i}, this.thread.y, 0, ${columns}, ${rows})]`;
  const result = text.let(at("this.thread.x"));
  text.line(`for (let i = 1; i < ${each}; i++) {`);
  const column = `at(this.thread.x, i, 0, ${threads}, 1)`;
  text.line(`if (${column} < ${columns}) {`);
  const value = text.let(at(column));
  text.line("if (this.thread.y === 0) {");
  writeExtreme(text, result, value, "<");
  text.line("}");
  text.line("if (this.thread.y === 1) {");
  writeExtreme(text, result, value, ">");
  text.line("}");
  text.line(`if (this.thread.y > 1) { ${result} += ${value}; }`);
  text.line("} }");
  text.line(`return ${result};`);
  return { ...text.written(), threads: [threads, rows] };
};

/** Range and counts from a summary of `count` elements on the host. */
export const readSummary = (
  summary: Float32Array,
  rows: number,
  count: number,
): { readonly range: RangeStat; readonly clipped: number } => {
  const columns = summary.length / rows;
  const row = (i: number): Float32Array => summary.subarray(i * columns, (i + 1) * columns);
  const total = (i: number): number => row(i).reduce((sum, x) => sum + x, 0);
  const nonFinite = total(2);
  const none = nonFinite === count;
  const range = {
    min: none ? Number.POSITIVE_INFINITY : Math.min(...row(0)),
    max: none ? Number.NEGATIVE_INFINITY : Math.max(...row(1)),
    count,
    nonFinite,
  };
  return { range, clipped: rows > 3 ? total(3) : 0 };
};
