/**
 * @file What README and the pages in `docs/` show works: their TypeScript compiles, and their `npx rangeflow` lines run, in the order in
 * which they stand there; then their programs run. Training lines get fewer images and studies one seed; lines with a placeholder such as DIR
 * are left out.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerTo, rangeflow } from "./pipelines/runs.ts";
import { type Outcome, outcomesOf } from "./support/programs.ts";

/** Pages whose programs and commands are run, each in a folder of its own. */
const pages: readonly string[] = [
  "README.md",
  ...["experiment", "estimator", "quantizer", "layer"].map(
    (what) => `docs/write-a${/^e/.test(what) ? "n" : ""}-${what}.md`,
  ),
  "docs/your-own-data.md",
  "docs/attention.md",
  "docs/coming-from-pytorch.md",
  "docs/pytorch-weights.md",
  "docs/command-line.md",
  "docs/notebooks.md",
  "docs/report.md",
  "docs/data-parallel.md",
  "docs/c.md",
];

/** The words of a command line; quotes keep a pattern in one piece. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));

/** Fewer images for runs on data of the package, unless they go on with a run; one run of each cell of a study. */
const fewer = (line: string): readonly string[] => {
  if (line.includes(" compare ") && line.includes("--seeds")) return ["--seeds", "1"];
  return line.includes(" train ") && !/--resume|--help|train \.\//.test(line)
    ? ["--limit", "200", "--test-limit", "50"]
    : [];
};

/** Runs `rangeflow` in a folder: the first line as a process of its own, all others in this one, which spares them its start. */
const ran = async (
  folder: string,
  args: readonly string[],
  isFirst: boolean,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  if (isFirst) return rangeflow(args, { cwd: folder });
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await answerTo(args);
  } finally {
    process.chdir(before);
  }
};

const compilerOptions = {
  target: "ES2022",
  module: "NodeNext",
  lib: ["ES2023", "DOM"],
  types: ["node"],
  strict: true,
  skipLibCheck: true,
  rewriteRelativeImportExtensions: true,
  rootDir: ".",
  outDir: "compiled",
};

/** Folder of all pages, which are compiled at once. */
const home = resolve("dist/spec/examples");
rmSync(home, { recursive: true, force: true });

const shown = pages.map((page) => {
  const name = page.replace(/\W/g, "-");
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language, text]) => ({ language: language as string, text: text as string }),
  );
  const programs = blocks
    .filter(({ language }) => language === "ts")
    .map(({ text }, n) => {
      const program = /^\/\/ ([\w-]+)\.ts\b/.exec(text)?.[1] ?? `example-${n + 1}`;
      return { program, text, file: join(home, "compiled", name, `${program}.js`) };
    });
  const commands = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line.startsWith("npx rangeflow ") && !/\b[A-Z]{3,}\b/.test(line));
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  for (const { program, text } of programs)
    writeFileSync(join(folder, `${program}.ts`), `${text}\nexport {};\n`);
  return { page, folder, programs, commands };
});

const compiling = suite("TypeScript of the pages");

compiling("it compiles against the package's own types", () => {
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*/*.ts"] }));
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", home], { encoding: "utf8" });
  assert.is(status, 0, stdout);
});

compiling.run();

for (const { page, folder, programs, commands } of shown) {
  const test = suite(`what ${page} shows`);

  test("it shows something", () => assert.ok(programs.length + commands.length > 0));

  for (const [n, line] of commands.entries())
    test(line, async () => {
      const [, , ...args] = words(line);
      const { code, out, err } = await ran(
        folder,
        [...args, ...fewer(line)],
        n === 0 && page === "README.md",
      );
      assert.is(code, 0, `${out.slice(-500)}\n${err.slice(-2000)}`);
    });

  test.run();
}

const running = suite("programs of the pages");

/** The first program has a process of its own; all others share one. */
const [first, ...others] = shown.flatMap(({ folder, programs }) =>
  programs.map(({ file }) => ({ file, cwd: folder, args: [] })),
);
const outcomes = new Map<string, Outcome>();

running.before(() => {
  for (const some of [first ? [first] : [], others])
    for (const [i, outcome] of outcomesOf(some).entries()) outcomes.set(some[i]?.file as string, outcome);
});

for (const { page, programs } of shown)
  for (const { program, text, file } of programs)
    running(`${page}, ${program}.ts runs${text.includes("console.log") ? " and prints" : ""}`, () => {
      const { printed, failed } = outcomes.get(file) as Outcome;
      assert.is(failed, undefined, failed);
      if (text.includes("console.log")) assert.ok(printed.length > 0, "it prints nothing");
    });

running.run();
