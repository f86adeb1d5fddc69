#!/usr/bin/env node
/** @file The process around the command line. */
import { endProcess, guardEnding } from "../foreign/ending.ts";
import { watchProcess } from "../foreign/watchdog.ts";
import { rangeflow } from "./rangeflow.ts";
import { processTerminal } from "./terminal.ts";

/** Done when all that was written so far has been taken. */
const taken = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write("", () => resolve()));

const args = process.argv.slice(2);
watchProcess({ endsWithParent: false });
guardEnding(`rangeflow ${args[0] ?? ""}`.trim(), (sentence, end) => {
  process.stderr.write(`${sentence}\n`);
  end();
});
const code = await rangeflow(args, processTerminal());
await Promise.all([process.stdout, process.stderr].map(taken));
// What is due now has its turn, since it may be an error; timers and handles beyond that, which a module has left behind, keep nothing alive.
await new Promise(setImmediate);
endProcess(code);
