/** @file Channel sums: one thread adds a channel of one run in float32 (`core/runs.ts`), and the host adds the runs in float64. */
import { longestRun, runsOf } from "../../../runs.ts";
import type { Tensor } from "../../../tensor.ts";
import type { Threads } from "./machine.ts";
import { quotient } from "./products.ts";
import { textFor, type Written } from "./text.ts";

/** Sums of x and of x * (of - around), or of x - around and its square, over each run of positions: [2, runs, channels]. */
export const channelSumsText = (
  x: Tensor,
  of: Tensor | undefined,
  around: Float32Array,
): Written & { readonly threads: Threads } => {
  const samples = x.shape[0] as number;
  const channels = x.shape.at(-1) as number;
  const positions = x.size / samples / channels;
  const perSample = runsOf(positions);
  const runs = samples * perSample;
  const text = textFor([2, runs, channels]);
  const centre = text.let(text.entry(around, "this.thread.x"));
  const sample = quotient(text, "this.thread.y", perSample);
  const first = text.let(`(this.thread.y - ${sample} * ${perSample}) * ${longestRun}`);
  const sum = text.let("0");
  text.line(`for (let i = 0; i < ${Math.min(longestRun, positions)}; i++) {`);
  text.line(`if (${first} + i < ${positions}) {`);
  const index = `at(this.thread.x, ${first} + i, ${sample}, ${channels}, ${positions})`;
  const element = text.let(`${text.array(x)}[${index}]`);
  const centred = text.let(`${of ? `${text.array(of)}[${index}]` : element} - ${centre}`);
  const value = of ? element : centred;
  text.line(`if (this.thread.z === 0) { ${sum} += ${value}; }`);
  text.line("if (this.thread.z === 1) {");
  const product = text.let(`${value} * ${centred}`);
  text.line(`${sum} += ${product};`);
  text.line("} } }");
  text.line(`return ${sum};`);
  return { ...text.written(), threads: [channels, runs, 2] };
};

/** The same sums with the runs added in order in float64. */
export const readChannelSums = (
  sums: Float32Array,
  channels: number,
): { readonly first: Float64Array; readonly second: Float64Array } => {
  const added = (runs: Float32Array): Float64Array => {
    const total = new Float64Array(channels);
    for (let at = 0; at < runs.length; at += channels)
      for (let c = 0; c < channels; c++) total[c] = (total[c] as number) + (runs[at + c] as number);
    return total;
  };
  return { first: added(sums.subarray(0, sums.length / 2)), second: added(sums.subarray(sums.length / 2)) };
};
