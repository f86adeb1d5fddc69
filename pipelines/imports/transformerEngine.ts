/**
 * @file Logs of TransformerEngine's debug statistics, which nvdlfw-inspect writes, one line per number:
 *
 *     2026-01-15 23:06:41,584 - INFO - layers.1.qkv_activation_scale_inv_max    iteration=000010    value=0.0006
 *
 * There are four decimals, so a scale of 0.0006 is between 0.00055 and 0.00065. With delayed scaling the scales of iteration 0 are 1,
 * before any tensor was seen.
 */
import { BatchBuilder } from "./batchBuilder.ts";
import { NumberText } from "./numberText.ts";
import type { Format, Reading } from "./reader.ts";
import { eachLine, failure, headText, lineBlocks, type Source } from "./source.ts";
import { certainForm, noteUnused } from "./statisticBatch.ts";
import { teName } from "./teName.ts";

const linePattern =
  /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - \w+ - )?(\S.*?)\s+iteration=(\d+)\s+value=([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf|nan))\s*$/;

/** Name of ignored lines that are no statistic, such as messages of the logger. */
const otherLines = "other lines";

const read = async (source: Source, { take, unused, unended }: Reading): Promise<void> => {
  const builder = new BatchBuilder();
  const numbers = new NumberText();
  const names = new Map<string, ReturnType<typeof teName>>();
  const known = (text: string): ReturnType<typeof teName> => {
    const found = names.has(text) ? names.get(text) : teName(text);
    names.set(text, found);
    return found;
  };
  const add = (line: string, number: number): void => {
    const [, text, iteration, value] = linePattern.exec(line) ?? [];
    const name = text === undefined ? undefined : known(text);
    if (name === undefined || iteration === undefined || value === undefined) {
      if (!/\biteration=/.test(line)) {
        noteUnused(unused, otherLines);
        return;
      }
      throw failure(
        `${source.path}, line ${number}`,
        `"${line.slice(0, 120)}"`,
        "LAYER_TENSOR_STATISTIC iteration=N value=X",
        "the file may be truncated",
      );
    }
    const { meaning, site, format } = name;
    if (meaning === undefined) {
      noteUnused(unused, name.name);
      return;
    }
    const bytes = Buffer.from(value, "latin1");
    numbers.read(bytes, 0, bytes.length);
    builder.add(number, Number(iteration), builder.sites.ofText(site));
    builder.format(builder.formats.ofText(format));
    builder.set(
      meaning.statistic,
      numbers.value * meaning.factor,
      numbers.halfUnit * meaning.factor,
      certainForm,
    );
    if (meaning.statistic === "scale" && Number(iteration) === 0 && numbers.value === 1) builder.coldStart();
  };
  for await (const block of lineBlocks(source.path, unended)) {
    const text = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength);
    eachLine(block, (from, to, line) => {
      if (to > from) add(text.toString("utf8", from, to), line);
      if (builder.isFull) {
        take(builder.batch());
        builder.clear();
      }
    });
  }
  take(builder.batch());
};

export const transformerEngineFormat: Format = {
  name: "te",
  place: "line",
  help: "a statistics log of TransformerEngine (nvdlfw-inspect)",
  matches: (source) =>
    headText(source)
      .split("\n")
      .some((line) => {
        const [, text] = linePattern.exec(line.replace(/\r$/, "")) ?? [];
        return text !== undefined && teName(text) !== undefined;
      }),
  read,
};
