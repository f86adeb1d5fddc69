#!/usr/bin/env node
import { rangeflow } from "./rangeflow.ts";
import { runProcess } from "./runProcess.ts";

await runProcess("rangeflow", rangeflow);
