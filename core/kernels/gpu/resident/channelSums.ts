/** @file Sums of channels: one thread adds a channel of one sample in float32, the host adds the samples in float64. */
import type { Tensor } from "../../../tensor.ts";
import type { Threads } from "./machine.ts";
import { gridOf, textFor, type Written } from "./text.ts";

/** Sums of x and of x * (of - around) over the positions of each sample: [2, samples, channels]. */
export const channelSumsText = (
  x: Tensor,
  of: Tensor,
  around: Float32Array,
): Written & { readonly threads: Threads } => {
  const samples = x.shape[0] as number;
  const { width: channels, height: columns, depth } = gridOf(x.shape);
  const rows = depth / samples;
  const text = textFor([2, samples, channels]);
  const index = `at(this.thread.x, j, this.thread.y * ${rows} + i, ${channels}, ${columns})`;
  const centre = text.let(text.entry(around, "this.thread.x"));
  const sum = text.let("0");
  text.line(`for (let i = 0; i < ${rows}; i++) {`);
  text.line(`for (let j = 0; j < ${columns}; j++) {`);
  const value = text.let(`${text.array(x)}[${index}]`);
  text.line(`if (this.thread.z === 0) { ${sum} += ${value}; }`);
  text.line("if (this.thread.z === 1) {");
  const centred = text.let(`${text.array(of)}[${index}] - ${centre}`);
  const scaled = text.let(`${value} * ${centred}`);
  text.line(`${sum} += ${scaled};`);
  text.line("} } }");
  text.line(`return ${sum};`);
  return { ...text.written(), threads: [channels, samples, 2] };
};

/** The same sums with the samples added, in order, in float64. */
export const readChannelSums = (
  sums: Float32Array,
  samples: number,
): { readonly first: Float64Array; readonly second: Float64Array } => {
  const channels = sums.length / (2 * samples);
  const added = (from: number): Float64Array => {
    const total = new Float64Array(channels);
    for (let n = 0; n < samples; n++)
      for (let c = 0; c < channels; c++)
        total[c] = (total[c] as number) + (sums[from + n * channels + c] as number);
    return total;
  };
  return { first: added(0), second: added(samples * channels) };
};
