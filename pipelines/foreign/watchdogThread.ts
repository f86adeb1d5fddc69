/** @file The thread of the watchdog. */
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { describe, problem } from "../../core/errors.ts";
import { beatsWord, depthWord, patienceWord, placeWord, stepWord, type Watched } from "./watchdog.ts";

const { words, parent } = workerData as Watched;

const lookEvery = 200;

const places: string[] = [];
parentPort?.on("message", (place: string) => places.push(place));

const end = (sentence?: string): void => {
  if (sentence !== undefined) writeSync(2, `${sentence}\n`);
  process.kill(process.pid, "SIGKILL");
};

let beats = -1;
/** Milliseconds without a beat while this thread was running. A process that was suspended must not be blamed. */
let waited = 0;
let lastLook = performance.now();

setInterval(() => {
  if (parent !== undefined && process.ppid !== parent) end();
  const now = performance.now();
  const passed = Math.min(now - lastLook, 2 * lookEvery);
  lastLook = now;
  const seen = Atomics.load(words, beatsWord);
  waited = Atomics.load(words, depthWord) === 0 || seen !== beats ? 0 : waited + passed;
  beats = seen;
  const patience = Atomics.load(words, patienceWord);
  if (waited <= patience) return;
  const step = words[stepWord] as number;
  const place = places[words[placeWord] as number] ?? "a module of a user's own";
  end(
    describe(
      problem(
        step < 0 ? place : `${place}, step ${step}`,
        `no return for ${patience / 1000} s`,
        "a return or an error",
        "--patience sets the limit; the run can be resumed",
      ),
    ),
  );
}, lookEvery);
