#!/usr/bin/env node
/** @file The process around the command line. */
import { printable } from "./printable.ts";
import { rangeflow } from "./rangeflow.ts";

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await rangeflow(process.argv.slice(2), {
  out: (text) => {
    process.stdout.write(printable(text));
  },
  err: (text) => {
    process.stderr.write(printable(text));
  },
  draw: (line) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${printable(line)}`);
  },
  isLive: process.stderr.isTTY ?? false,
});
