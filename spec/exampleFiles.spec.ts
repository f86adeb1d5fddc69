/** @file The files in `examples/` run, and print what stands at their end; they are short, and listed in their README. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { python, scratch } from "./pipelines/files/scratch.ts";
import { outcomesOf } from "./support/programs.ts";

const test = suite("examples");
const home = scratch();

const files = readdirSync("examples").filter((file) => /\.(ts|py)$/.test(file));
const textOf = (file: string): string => readFileSync(join("examples", file), "utf8");

/** Output that a file says it prints; empty where it prints nothing. */
const printed = (text: string): string => /\/\* It prints:\n([\s\S]*)\*\/\n$/.exec(text)?.[1] ?? "";

const programs = files.filter((file) => file.endsWith(".ts"));

const outcomes = outcomesOf(
  programs.map((file) => {
    const name = basename(file, ".ts");
    return { file: resolve("dist/examples", `${name}.js`), cwd: process.cwd(), args: [join(home, name)] };
  }),
);

/** Code behind the imports, without what is printed. */
const bodyOf = (text: string): string =>
  text.replace(/[\s\S]* from "[^"]+";\n/, "").replace(/\/\* It prints:[\s\S]*/, "");

test("there are ten or more, of at most 60 lines behind their imports, each with a line in README.md", () => {
  assert.ok(files.length >= 10, `${files.length}`);
  const list = textOf("README.md");
  for (const file of files) {
    const { length } = bodyOf(textOf(file)).trim().split("\n");
    assert.ok(length >= 8 && length <= 60, `${file}: ${length} lines`);
    assert.ok(list.includes(`](${file})`), `${file} is not in README.md`);
  }
});

test("they import the package by its name", () => {
  for (const file of programs)
    for (const [, from] of textOf(file).matchAll(/ from "([^"]+)"/g))
      assert.match(
        from as string,
        /^(rangeflow(\/(core|models|operators|charts|engines))?|node:fs|rxjs|\.\/lastTensors\.ts)$/,
        file,
      );
});

for (const [i, file] of programs.entries())
  test(`${file} prints what it says`, () => {
    assert.is(outcomes[i]?.failed, undefined, outcomes[i]?.failed);
    assert.is(outcomes[i]?.printed, printed(textOf(file)));
  });

test("docs/data-parallel.md shows all that dataParallel.ts prints", () => {
  const shown = /^```text\n([\s\S]*?)^```$/m.exec(readFileSync("docs/data-parallel.md", "utf8"))?.[1];
  assert.is(shown, printed(textOf("dataParallel.ts")));
});

test("fitMap.ts leaves an SVG with a cell for every site and step", () => {
  const svg = readFileSync(join(home, "fitMap", "fitMap.svg"), "utf8");
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  // 15 sites, 30 steps, and the paper behind them.
  assert.is(svg.split("<rect").length - 1, 15 * 30 + 1);
});

(python("import pyarrow") === undefined ? test.skip : test)(
  "readRecording.py reads a recording (skipped where pyarrow is not installed)",
  () => {
    const recorded = join(home, "recordAndReplay");
    assert.ok(existsSync(recorded), "recordAndReplay.ts has left a run");
    const program = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0])";
    const out = python(program, "examples/readRecording.py", recorded, "conv2/gradient");
    assert.match(out ?? "", /^conv2\/gradient: 30 of \d+ rows, 29 static\nstep 0: observed \[/);
  },
);

test.run();
