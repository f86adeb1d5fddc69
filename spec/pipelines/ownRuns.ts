/** @file Runs of one experiment with a rule for one site: from a file and from code, and a built-in experiment beside them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { loadExperiment } from "../../pipelines/experiments/experimentFile.ts";
import { experimentFile, type RunSource } from "../../pipelines/experiments/source.ts";
import { encodeSealed } from "../../pipelines/files/sealedJson.ts";
import { donePath, doneRecordIn } from "../../pipelines/runs/doneRecord.ts";
import { loadRun, saveRun } from "../../pipelines/runs/runDirectory.ts";
import { savedIn } from "../../pipelines/runs/savedIdentity.ts";
import { train } from "../../pipelines/runs/train.ts";
import { eventsOf, small } from "./runs.ts";

/** 4-bit weights but for 6 bits in the middle, gradients that remember less, and a first layer without quantized gradients. */
const text = `import { crossEntropy, dense, experimentWith, flatten, glyphs, inHindsight, quantized, relu, sequential } from "rangeflow";

export default experimentWith({
  options: { width: { type: "integer", default: 8, least: 1, help: "units" } },
  make: ({ width }) => ({
    network: sequential(
      flatten(),
      quantized(dense)("one", { units: width }),
      relu(),
      quantized(dense)("two", { units: width }),
      relu(),
      quantized(dense)("three", { units: 10, gain: 1 }),
    ),
    data: glyphs({ train: 160, test: 40 }),
    loss: crossEntropy(),
    quantization: [
      { weight: { bits: 4 }, gradient: { range: inHindsight({ decay: 0.8 }) } },
      { at: "two/weight", weight: { bits: 6 } },
      { layer: "first", gradient: { bits: 32 } },
    ],
    batch: 16,
    epochs: 2,
  }),
});
`;

/** Trains all three below a directory, as `file`, `code` and `builtIn`. */
export const trainOwn = async (home: string): Promise<void> => {
  const file = join(home, "own.ts");
  writeFileSync(file, text);
  const run = (source: RunSource, name: string): Promise<unknown> =>
    lastValueFrom(train(source, { engine: "simd", threads: 1, out: join(home, name) }));
  await run(experimentFile(file), "file");
  await run(await (await loadExperiment("spec", file)).make({ width: 8 }), "code");
  await eventsOf(small, { out: join(home, "builtIn") });
};

/** Makes a finished run one of an earlier version, which has saved no outline. */
export const withoutOutline = (dir: string): void => {
  const { outline: _, ...saved } = loadRun(dir);
  saveRun(dir, saved);
  const { outline: __, ...record } = doneRecordIn(dir)!;
  const { out: ___, ...done } = record.done;
  writeFileSync(donePath(dir), encodeSealed({ ...record, identity: savedIn(dir, record.identity), done }));
};
