import type { CommandEntry, Terminal } from "./command.ts";
import { type Program, runProgram } from "./program.ts";

/** Commands by name; the module of one is loaded when it is asked for. */
export const commands: readonly CommandEntry[] = [
  {
    name: "train",
    summary:
      "Trains a network with quantized weights, activations and gradients, and records the range of every tensor.",
    load: async () => (await import("./train.ts")).trainCommand,
  },
  {
    name: "evaluate",
    summary: "Judges the last checkpoint of a run on its test samples, without learning anything.",
    load: async () => (await import("./evaluate.ts")).evaluateCommand,
  },
  {
    name: "compare",
    summary: "Trains every combination of some settings with several seeds, side by side, and compares them.",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  {
    name: "work",
    summary: "Trains the runs that compare --queue plans, as one of any number of machines.",
    load: async () => (await import("./work.ts")).workCommand,
  },
  {
    name: "sweep",
    summary: "Shows how a study on a queue is doing, refills a queue that was lost, or cancels a study.",
    load: async () => (await import("./sweep.ts")).sweepCommand,
  },
  {
    name: "replay",
    summary: "Replays the recorded statistics of a run into estimators, without training.",
    load: async () => (await import("./replay.ts")).replayCommand,
  },
  {
    name: "import",
    summary: "Makes a run that can be replayed of statistics that others have recorded.",
    load: async () => (await import("./import.ts")).importCommand,
  },
  {
    name: "export",
    summary: "Writes the network of a run for others: its weights in PyTorch's layout and names.",
    load: async () => (await import("./export.ts")).exportCommand,
  },
  {
    name: "report",
    summary: "Writes one page that shows runs: how they learn, how their ranges fit, and what they move.",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  {
    name: "watch",
    summary: "Serves a page that shows a run of another process while it trains.",
    load: async () => (await import("./watch.ts")).watchCommand,
  },
  {
    name: "list",
    summary: "Lists the runs below a directory: what they are, how they are doing, and how they have scored.",
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "traffic",
    summary:
      "Counts the bytes that a layer or a model moves for one image, with static and with dynamic ranges.",
    load: async () => (await import("./traffic.ts")).trafficCommand,
  },
  {
    name: "estimators",
    summary:
      "Lists the built-in range estimators, quantizers and recipes; or shows the options of one of them, or of a file of your own.",
    load: async () => (await import("./estimators.ts")).estimatorsCommand,
  },
  {
    name: "completions",
    summary: "Prints a script that completes commands, options and values in a shell.",
    load: async () => (await import("./completions.ts")).completionsCommand(commands),
  },
];

const program: Program = {
  name: "rangeflow",
  about:
    "Fully quantized training as a dataflow of streams: train, record the range of every tensor, replay.",
  commands,
};

/** The command `rangeflow`. @returns the exit code, as `runProgram` does */
export const rangeflow = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runProgram(program, args, terminal);
