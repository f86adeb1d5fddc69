/**
 * @file One process of `run.mjs`: runs the compiled specs whose paths come as lines of its file descriptor 3, one after another.
 *
 * Behind the output of each it prints, on the same stream, what it has counted (`mark.mjs`). When there is nothing left to wait for and a test has
 * not ended, the process does, and says that this was its last file. It says so, too, when files have left much on its heap.
 */
import { existsSync, readFileSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { mark } from "./mark.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
// Whole, however busy the reader is: what a stream has not yet written is lost when its process exits.
process.stdout._handle?.setBlocking?.(true);
// On one stream, so that all of it is in front of what was counted.
process.stderr.write = process.stdout.write.bind(process.stdout);

/**
 * Bytes on the heap behind which a file is the last one of its process. What files leave there, such as their modules, is marked whenever
 * garbage is collected: with 400 MB of it that takes half of the processor, and another process costs a second.
 */
const mostHeap = 150e6;

let running;
let counted;

const fail = (what, error = "") => {
  counted.failed++;
  const text = error instanceof Error ? (error.stack ?? error.message) : error;
  console.log(`\n  ${running}: ${what}\n${text}\n`);
};

const tell = (isLast) => {
  process.stdout.write(`${mark}${JSON.stringify({ ...counted, isLast })}\n`);
  running = undefined;
};

process.on("uncaughtException", (error) => {
  if (running === undefined) throw error;
  fail("an error that nobody caught", error);
});
process.on("exit", () => {
  if (running === undefined) return;
  fail("a test never ended");
  tell(true);
});

/** Seconds of processor time of this process and of all that it has started and seen end, where the system tells. */
const processorSeconds = () => {
  if (!existsSync("/proc/self/stat")) return process.cpuUsage().user / 1e6;
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
};

// Told to defer, uvu leaves the suites of a file in a queue instead of running them by itself.
globalThis.UVU_DEFER = 1;
globalThis.UVU_QUEUE = [];

/** The suites that a file declares. */
const suitesOf = async (file) => {
  globalThis.UVU_QUEUE[0] = [];
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    fail("could not be loaded", error);
  }
  return globalThis.UVU_QUEUE[0];
};

const run = async (file) => {
  running = file;
  counted = { passed: 0, failed: 0, skipped: 0 };
  const [began, processorBegan] = [performance.now(), processorSeconds()];
  console.log(file);
  for (const suite of await suitesOf(file)) {
    const [errors, passed, skipped, total] = await suite();
    counted.passed += passed;
    counted.skipped += skipped;
    counted.failed += total - passed;
    if (typeof errors === "string") console.log(`\n${errors}`);
  }
  const seconds = (performance.now() - began) / 1000;
  const processor = processorSeconds() - processorBegan;
  console.log(seconds > 2 ? `  ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processors\n` : "");
  const isLast = process.memoryUsage().heapUsed > mostHeap;
  // Whose errors come late has no other file behind it in which they are noticed.
  if (isLast) await sleep(100);
  tell(isLast);
  if (isLast) process.exit();
};

const input = new Socket({ fd: 3, writable: false });
// Whoever sends the files has gone, or has no more.
input.on("close", () => process.exit());
createInterface({ input }).on("line", async (file) => {
  input.unref();
  await run(file);
  input.ref();
});
