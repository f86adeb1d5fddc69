import type { Command, Terminal } from "./command.ts";
import { compareCommand } from "./compare.ts";
import { completionsCommand } from "./completions.ts";
import { estimatorsCommand } from "./estimators.ts";
import { type Program, runProgram } from "./program.ts";
import { replayCommand } from "./replay.ts";
import { trafficCommand } from "./traffic.ts";
import { trainCommand } from "./train.ts";

const commands: readonly Command[] = [
  trainCommand,
  compareCommand,
  replayCommand,
  trafficCommand,
  estimatorsCommand,
];

const program: Program = {
  name: "rangeflow",
  about:
    "Fully quantized training as a dataflow of streams: train, record the range of every tensor, replay.",
  commands: [...commands, completionsCommand(commands)],
};

/** The command `rangeflow`. @returns the exit code, as `runProgram` does */
export const rangeflow = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runProgram(program, args, terminal);
