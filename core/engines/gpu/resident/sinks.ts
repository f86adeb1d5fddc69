/** @file Sinks of a pass on the device: one kernel per sink, which reads the pass's tensor. */
import type { PassResult, Sinks } from "../../../pass.ts";
import type { Codes, Tensor } from "../../../tensor.ts";
import type { Buffers } from "./buffers.ts";
import { channelSumsText, readChannelSums } from "./channelSums.ts";
import { codesText, maskText } from "./codes.ts";
import type { Launch } from "./launch.ts";
import type { Machine } from "./machine.ts";
import { nextSummaryText, readSummary, summaryRows, summaryText } from "./summary.ts";
import { gridOf, threadsOf } from "./text.ts";

/** The sinks of a pass. */
export interface DeviceSinks {
  /** Statistics of a tensor, which arrive later. */
  readonly summarized: (x: Tensor, sinks: Sinks) => Promise<Pick<PassResult, "range" | "clipped">>;
  /** Channel sums of a tensor; of products with `of`, if it is given. */
  readonly summed: (
    x: Tensor,
    sums: Sinks["channelSums"],
    of: Tensor | undefined,
  ) => Promise<Pick<PassResult, "channelSums">>;
  readonly coded: (
    x: Tensor,
    quantize: Sinks["quantize"],
  ) => Promise<{ readonly codes?: Codes; readonly gradientMask?: Codes }>;
}

/** Makes the sinks of a machine. */
export const sinksOn = (machine: Machine, buffers: Buffers, launch: Launch): DeviceSinks => ({
  summarized: async (x, sinks) => {
    if (!sinks.observe && !sinks.quantize) return {};
    const rows = summaryRows(sinks.quantize);
    const { threads, ...text } = summaryText(x, sinks.quantize);
    let summary = buffers.tensor(await launch(text, threads), [...threads].reverse());
    for (let next = nextSummaryText(summary, rows); next; next = nextSummaryText(summary, rows)) {
      const before = summary;
      summary = buffers.tensor(await launch(next, next.threads), [...next.threads].reverse());
      buffers.release(before);
    }
    const read = machine.readLater(await buffers.of(summary)).then((one) => readSummary(one, rows, x.size));
    buffers.release(summary);
    return {
      ...(sinks.observe && { range: read.then(({ range }) => range) }),
      ...(sinks.quantize && { clipped: read.then(({ clipped }) => clipped) }),
    };
  },

  summed: async (x, sums, of) => {
    if (sums === undefined) return {};
    const { threads, ...text } = channelSumsText(x, of, sums.around);
    const buffer = await launch(text, threads);
    const numbers = machine.readLater(buffer);
    machine.free(buffer);
    return { channelSums: numbers.then((one) => readChannelSums(one, x.shape.at(-1) as number)) };
  },

  coded: async (x, quantize) => {
    if (quantize === undefined) return {};
    const threads = threadsOf(gridOf(x.shape));
    const codes = buffers.codes(await launch(codesText(x, quantize), threads), x.shape);
    if (!quantize.gradientMask) return { codes };
    return { codes, gradientMask: buffers.codes(await launch(maskText(x, quantize), threads), x.shape) };
  },
});
