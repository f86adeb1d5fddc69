/**
 * @file Runs the compiled specs in one process, file by file: all of them, or those whose path contains an argument.
 *
 *     node --enable-source-maps spec/run.mjs [part of a path]...
 *
 * The last line is `N passed, N failed`, then `, N skipped` where something was. A file that cannot be loaded, an error that
 * nobody caught, and a test that never ends count as one failure each. The exit code is 0 only if nothing failed.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const wanted = process.argv.slice(2);

const specs = readdirSync("dist/spec", { recursive: true })
  .map((file) => join("dist/spec", String(file)))
  .filter((file) => file.endsWith(".spec.js"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

const tally = { passed: 0, failed: 0, skipped: 0 };
let running = "no spec";
let isDone = false;

const crashed = (what, error = "") => {
  tally.failed++;
  console.log(
    `\n  ${running}: ${what}\n${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
  );
};

process.on("uncaughtException", (error) => crashed("an error that nobody caught", error));
process.on("exit", () => {
  if (!isDone) crashed("a test never ended");
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
});

// Told to defer, uvu leaves the suites of a file in a queue instead of running them by itself.
globalThis.UVU_DEFER = 1;
globalThis.UVU_QUEUE = [];

/** The suites that a file declares. */
const suitesOf = async (file) => {
  globalThis.UVU_QUEUE[0] = [];
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    crashed("could not be loaded", error);
  }
  return globalThis.UVU_QUEUE[0];
};

const began = performance.now();
for (const file of specs) {
  const fileBegan = performance.now();
  running = file;
  console.log(file);
  for (const suite of await suitesOf(file)) {
    const [errors, passed, skipped, total] = await suite();
    tally.passed += passed;
    tally.skipped += skipped;
    tally.failed += total - passed;
    if (typeof errors === "string") console.log(`\n${errors}`);
  }
  const seconds = (performance.now() - fileBegan) / 1000;
  console.log(seconds > 2 ? `  ${seconds.toFixed(1)} s\n` : "");
}

running = wanted.join(" ");
if (specs.length === 0) crashed("no such spec, or not compiled: npm run build");
console.log(`${specs.length} files, ${((performance.now() - began) / 1000).toFixed(1)} s`);
isDone = true;
