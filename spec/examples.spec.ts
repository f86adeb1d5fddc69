/**
 * @file What README and the pages in `docs/` show works: their TypeScript compiles and runs, and their `npx rangeflow` lines run, in the
 * order in which they stand there. Training lines get fewer images; lines with a placeholder such as DIR are left out.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerTo, rangeflow } from "./pipelines/runs.ts";

/** Pages whose programs and commands are run, each in a folder of its own. */
const pages: readonly string[] = [
  "README.md",
  ...["experiment", "estimator", "quantizer", "layer"].map(
    (what) => `docs/write-a${/^e/.test(what) ? "n" : ""}-${what}.md`,
  ),
  "docs/coming-from-pytorch.md",
  "docs/command-line.md",
];

const node = (folder: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", timeout: 600_000 });

/** The words of a command line; quotes keep a pattern in one piece. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));

/** Fewer images for runs on data of the package, unless they go on with a run. */
const fewer = (line: string): readonly string[] =>
  line.includes(" train ") && !/--resume|--help|train \.\//.test(line)
    ? ["--limit", "200", "--test-limit", "50"]
    : [];

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

for (const page of pages) {
  const test = suite(`what ${page} shows`);
  const folder = resolve("dist/spec/examples", page.replace(/\W/g, "-"));
  const text = readFileSync(page, "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language as string,
    text: text as string,
  }));
  const programs = blocks
    .filter(({ language }) => language === "ts")
    .map(({ text }, n) => ({ name: /^\/\/ ([\w-]+)\.ts\b/.exec(text)?.[1] ?? `example-${n + 1}`, text }));
  const commands = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line.startsWith("npx rangeflow ") && !/\b[A-Z]{3,}\b/.test(line));

  test.before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { name, text } of programs) writeFileSync(join(folder, `${name}.ts`), `${text}\nexport {};\n`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  });

  test("it shows something", () => assert.ok(programs.length + commands.length > 0));

  if (programs.length > 0)
    test("its TypeScript compiles against the package's own types", () => {
      const { stdout, status } = node(
        folder,
        resolve("node_modules/typescript/bin/tsc"),
        "-p",
        "tsconfig.json",
      );
      assert.is(status, 0, stdout);
    });

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

  for (const { name, text } of programs)
    test(`${name}.ts runs${text.includes("console.log") ? " and prints" : ""}`, () => {
      const { status, stdout, stderr } = node(folder, join("compiled", `${name}.js`));
      assert.is(status, 0, stderr.slice(-2000));
      if (text.includes("console.log")) assert.ok(stdout.length > 0, "it prints nothing");
    });

  test.run();
}
