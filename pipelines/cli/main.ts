#!/usr/bin/env node
/** @file The process around the command line. */
import { rangeflow } from "./rangeflow.ts";
import { processTerminal } from "./terminal.ts";

process.exitCode = await rangeflow(process.argv.slice(2), processTerminal());
