/**
 * @file What the README shows works: its TypeScript compiles and runs, and its `npx rangeflow` lines run, in the order in which
 * they stand there. Training lines get fewer images; lines with a placeholder such as DIR are left out.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerTo, rangeflow } from "./pipelines/runs.ts";

const test = suite("what the README shows");

const folder = resolve("dist/spec/examples");
const readme = existsSync("README.md") ? readFileSync("README.md", "utf8") : "";

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language, text]) => ({ language: language as string, text: text as string }),
);

const programs = blocks
  .filter(({ language }) => language === "ts")
  .map(({ text }, n) => ({ name: /^\/\/ ([\w-]+)\.ts\b/.exec(text)?.[1] ?? `example-${n + 1}`, text }));

const commands = blocks
  .filter(({ language }) => language === "sh")
  .flatMap(({ text }) => text.split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line.startsWith("npx rangeflow ") && !/\b[A-Z]{3,}\b/.test(line));

const node = (...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", timeout: 600_000 });

/** The words of a command line; quotes keep a pattern in one piece. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));

const fewer = (line: string): readonly string[] =>
  line.includes(" train ") && !line.includes("--resume") ? ["--limit", "200", "--test-limit", "50"] : [];

test.before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of programs) writeFileSync(join(folder, `${name}.ts`), `${text}\nexport {};\n`);
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
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
});

if (programs.length > 0)
  test("its TypeScript compiles against the package's own types", () => {
    const { stdout, status } = node(resolve("node_modules/typescript/bin/tsc"), "-p", "tsconfig.json");
    assert.is(status, 0, stdout);
  });

/** Runs `rangeflow` in the folder: the first line as a process of its own, all others in this one, which spares them its start. */
const ran = async (
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

for (const [n, line] of commands.entries())
  test(line, async () => {
    const [, , ...args] = words(line);
    const { code, out, err } = await ran([...args, ...fewer(line)], n === 0);
    assert.is(code, 0, `${out.slice(-500)}\n${err.slice(-2000)}`);
  });

for (const { name, text } of programs)
  test(`${name}.ts runs${text.includes("console.log") ? " and prints" : ""}`, () => {
    const { status, stdout, stderr } = node(join(folder, "compiled", `${name}.js`));
    assert.is(status, 0, stderr.slice(-2000));
    if (text.includes("console.log")) assert.ok(stdout.length > 0, "it prints nothing");
  });

test.run();
