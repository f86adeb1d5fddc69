/** @file `train FILE` says where a setting for all sites overrides what the file says of some. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("overridden rules");
const file = join(scratch(), "mine.ts");
writeFileSync(
  file,
  `import { crossEntropy, dense, experiment, flatten, glyphs, quantized, sequential } from "rangeflow";
export default experiment({
  network: sequential(flatten(), quantized(dense)("hidden", { units: 10 }), quantized(dense)("output", { units: 10 })),
  data: glyphs({ train: 64, test: 16 }), loss: crossEntropy(), batch: 16, epochs: 1,
  quantization: [{ at: "output/*", weight: { bits: 32 }, activation: { bits: 8 } }],
});`,
);

const trained = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await answerTo(["train", file, ...args]);
  assert.is(code, 0, err);
  return out;
};

test("--bits over a rule for a layer is told with both values and its sites", async () => {
  const own = join(scratch(), "own");
  assert.match(
    await trained("--out", own, "--bits", "8/8/4"),
    /^--bits 8\/8\/4 overrides quantization\[0\]\.weight\.bits 32 at 1 site: output\/weight$/m,
  );
});

test("--bits-at beside it keeps the value, and nothing is told", async () => {
  const own = join(scratch(), "kept");
  const out = await trained("--out", own, "--bits", "8/8/4", "--bits-at", "output/weight=32");
  assert.not.match(out, /overrides/);
});

test("a study says it once for each value of its cells", async () => {
  const { code, out, err } = await answerTo([
    ...["compare", file, "--grid", "bits=8/8/8,4/4/8", "--seeds", "2"],
    ...["--out", join(scratch(), "study")],
  ]);
  assert.is(code, 0, err);
  const lines = out.split("\n").filter((line) => line.includes(" overrides "));
  assert.equal(lines, [
    "--bits 8/8/8 overrides quantization[0].weight.bits 32 at 1 site: output/weight",
    "--bits 4/4/8 overrides quantization[0].activation.bits 8 at 1 site: output/input",
    "--bits 4/4/8 overrides quantization[0].weight.bits 32 at 1 site: output/weight",
  ]);
});

test.run();
