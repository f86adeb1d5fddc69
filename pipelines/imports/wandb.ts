/**
 * @file Weights & Biases histories, one line per step, as `run.scan_history()` returns them row by row. Names of scalars contain site and
 *   statistic; a histogram, as `wandb.watch` logs it, belongs to the tensor of its name.
 */
import type { Format, Reading } from "./reader.ts";
import { eachLine, headText, lineBlocks, type Source } from "./source.ts";
import { WideLineReader } from "./wideLines.ts";

const stepKey = "_step";

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  const lines = new WideLineReader(path, reading, {
    is: (name) => name === stepKey,
    missing: [`no ${stepKey}`, "the history of a run of Weights & Biases"],
  });
  for await (const block of lineBlocks(path))
    eachLine(block, (from, to, line) => {
      if (to > from) lines.read(block.bytes, from, to, line);
    });
  reading.take(lines.builder.batch());
};

/** Whether the first lines are steps of a Weights & Biases history. */
const matches = (source: Source): boolean => {
  const [line = ""] = headText(source).trimStart().split("\n");
  return line.startsWith("{") && line.includes(`"${stepKey}"`);
};

export const wandbFormat: Format = {
  name: "wandb",
  place: "line",
  help: "the history of a run of Weights & Biases, an object a line",
  matches,
  read,
};
