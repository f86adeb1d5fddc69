/** @file `rangeflow export --to c`: what it writes, says and refuses. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { scratch } from "../files/scratch.ts";
import { evaluatedRun, trainBriefly } from "../inference/evaluatedRun.ts";
import { answerTo } from "../runs.ts";
import { compilers, strictFlags } from "./compiled.ts";

const test = suite("rangeflow export --to c");
const home = scratch();
const lenet = join(home, "lenet5");
await trainBriefly({}, lenet);

const exported = (run: string, out: string, ...args: readonly string[]) =>
  answerTo(["export", run, "--to", "c", "--out", out, ...args]);

/** 28x28 codes of the image beside 28x28x6 of the first convolution, and those beside 14x14x6 of its maxima. */
const arena = Math.max(28 * 28 + 28 * 28 * 6, 28 * 28 * 6 + 14 * 14 * 6);
/** A byte for each weight and each value of a pixel, 4 for each bias, and 36 for each window of five products and two pools. */
const tables = 61706 - 236 + 4 * 236 + 256 + 7 * 36;

test("two files, and the bytes that the network takes", async () => {
  const out = join(home, "firmware", "lenet5");
  const { code, out: said, err } = await exported(lenet, out);
  assert.is(code, 0, err);
  assert.match(
    said,
    `${out}: net.h and net.c, an arena of ${arena} bytes, tables of ${tables} bytes, of step 4; inputs are `,
  );
  assert.equal(readdirSync(out).sort(), ["net.c", "net.h"]);
  const header = readFileSync(join(out, "net.h"), "utf8");
  assert.match(header, `#define NET_ARENA_BYTES ${arena}\n`);
  assert.match(header, `#define NET_TABLE_BYTES ${tables}\n`);
  for (const name of ["run(const float", "run_codes(const int8_t", "run_pixels(const uint8_t"])
    assert.ok(header.includes(`void net_${name} *image, float *outputs);`), name);
});

test("a prefix names files and all that is visible; --json says the same as data", async () => {
  const out = join(home, "named");
  const { out: said } = await exported(lenet, out, "--prefix", "digits", "--json");
  const { event, to, files, arenaBytes, tableBytes, step, dynamicSites } = JSON.parse(said);
  assert.equal([event, to, arenaBytes, tableBytes, step], ["exported", "c", arena, tables, 4]);
  assert.equal(files, [join(out, "digits.h"), join(out, "digits.c")]);
  assert.equal(dynamicSites, []);
  const source = readFileSync(join(out, "digits.c"), "utf8");
  assert.equal(
    [...source.matchAll(/^(?!static)\w+ (\w+)\(/gm)].map(([, name]) => name),
    ["digits_run", "digits_run_codes", "digits_run_pixels"],
  );
  assert.not.match(source, /malloc|alloca|#include "net.h"/);
});

test("weights of 4 bits take half a byte", async () => {
  const run = join(home, "bits");
  await trainBriefly({ bits: "4/8/8" }, run);
  const { out: said } = await exported(run, join(home, "bits.c"));
  const halves = [150, 2400, 48000, 10080, 840].reduce((sum, weights) => sum + weights / 2, 0);
  assert.match(said, `tables of ${halves + 4 * 236 + 256 + 7 * 36} bytes`);
});

test("ranges of sites that were dynamic are said to be those of the last step", async () => {
  const run = join(home, "dynamic");
  await trainBriefly({ activationRange: "currentMinMax" }, run);
  const { out: said } = await exported(run, join(home, "dynamic.c"));
  assert.match(
    said,
    /of step 4; conv1\/input and 4 more with the range of the last step, since most tensors of training had one of their own/,
  );
});

const withCompiler = compilers.length === 0 ? test.skip : test;

/** `class_of` of docs/c.md for networks that take no pixels, with its own conversion. */
const inFloats = (program: string, conversion: string): string =>
  `#include "net.h"\n\n${conversion}\n${program}`.replace(
    "net_run_pixels(pixels, outputs);",
    "static float image[NET_IMAGE_SIZE];\n    normalize(pixels, image);\n    net_run(image, outputs);",
  );

const finds = async (
  bits: string,
  change: (program: string, conversion: string) => string,
): Promise<void> => {
  const dir = join(home, `program ${bits.replaceAll("/", " ")}`);
  const lenet = join(dir, "run");
  await trainBriefly({ bits }, lenet);
  await exported(lenet, dir);
  const page = readFileSync("docs/c.md", "utf8");
  const [program = "", conversion = ""] = [...page.matchAll(/```c\n([\s\S]*?)```/g)].map(([, code]) => code);
  writeFileSync(join(dir, "main.c"), change(program, conversion));
  const [compiler] = compilers as [string];
  execFileSync(compiler, [...strictFlags, "main.c", "net.c", "-o", "classify"], { cwd: dir });
  const { images } = glyphs({ train: 64, test: 16 }).test;
  const found = execFileSync(join(dir, "classify"), { input: images }).toString().trim().split("\n");
  const run = await evaluatedRun(lenet);
  const expected = Array.from({ length: run.count }, (_, n) => {
    const outputs = run.outputs(n);
    return String(outputs.indexOf(Math.max(...outputs)));
  });
  assert.equal(found, expected);
  assert.ok(new Set(found).size > 1);
};

withCompiler("the program of docs/c.md compiles, and finds the classes that the run finds", () =>
  finds("8/8/8", (program) => program),
);

withCompiler("so does what docs/c.md has for pixels of a network in float32", () =>
  finds("32/32/32", inFloats),
);

test("what cannot be written is refused in a sentence, and nothing is left", async () => {
  const out = join(home, "none");
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await answerTo(["export", ...args]);
    assert.is(code, 2);
    return err;
  };
  const to = ["--to", "c", "--out", out];
  for (const prefix of ["1st", "a-b", "x".repeat(21)])
    assert.match(
      await refusal(lenet, ...to, `--prefix=${prefix}`),
      `--prefix: "${prefix}", expected a letter, then letters, digits and _, at most 20 in all.`,
    );
  assert.match(
    await refusal(lenet, ...to, "--names", "ours"),
    /^--names: used with --to c, expected only with --to safetensors/,
  );
  assert.match(
    await refusal(lenet, "--to", "onnx", "--out", out, "--prefix", "a"),
    /^--prefix: used with --to onnx, expected only with --to c/,
  );
  const projected = join(home, "projected");
  await trainBriefly({ activationQuantizer: "powerOfTwo" }, projected);
  assert.match(await refusal(projected, ...to), /^conv1\/input: the quantizer powerOfTwo/);
  assert.not(existsSync(out));
  const file = join(home, "file");
  writeFileSync(file, "mine");
  assert.match(
    await refusal(lenet, "--to", "c", "--out", file),
    /file: cannot be written \(a file\), expected a directory, or an unused path; name another one\.\n$/,
  );
  assert.is(readFileSync(file, "utf8"), "mine");
});

test.run();
