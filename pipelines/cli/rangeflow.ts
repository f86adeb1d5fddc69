import type { CommandEntry, Terminal } from "./command.ts";
import { type Program, runProgram } from "./program.ts";

/** The commands. The module of a command is loaded when the command is called. */
export const commands: readonly CommandEntry[] = [
  {
    name: "train",
    summary:
      "Trains a network with quantized weights, activations and gradients, and records the range of every tensor.",
    load: async () => (await import("./train.ts")).trainCommand,
  },
  {
    name: "evaluate",
    summary: "Computes test metrics from a run's last checkpoint.",
    load: async () => (await import("./evaluate.ts")).evaluateCommand,
  },
  {
    name: "compare",
    summary: "Trains combinations of settings with several seeds in parallel, and compares their scores.",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  {
    name: "work",
    summary:
      "Runs a worker that trains the runs planned by compare --queue; any number of machines can run one.",
    load: async () => (await import("./work.ts")).workCommand,
  },
  {
    name: "sweep",
    summary: "Shows the status of a study on a queue, refills a lost queue, or cancels a study.",
    load: async () => (await import("./sweep.ts")).sweepCommand,
  },
  {
    name: "replay",
    summary: "Replays the recorded statistics of a run into range estimators, without training.",
    load: async () => (await import("./replay.ts")).replayCommand,
  },
  {
    name: "import",
    summary: "Imports statistics recorded elsewhere as a run that can be replayed.",
    load: async () => (await import("./import.ts")).importCommand,
  },
  {
    name: "export",
    summary:
      "Exports a run: weights in PyTorch's layout (safetensors), ONNX, C source, or TensorBoard event files.",
    load: async () => (await import("./export.ts")).exportCommand,
  },
  {
    name: "report",
    summary: "Writes an HTML page about runs: learning curves, fit of ranges, and bytes moved.",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  {
    name: "watch",
    summary: "Serves a live page of a run that another process trains.",
    load: async () => (await import("./watch.ts")).watchCommand,
  },
  {
    name: "list",
    summary: "Lists the runs below a directory with their configuration, status and score.",
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "traffic",
    summary: "Counts the bytes that a layer or a model moves per image, with static and with dynamic ranges.",
    load: async () => (await import("./traffic.ts")).trafficCommand,
  },
  {
    name: "estimators",
    summary:
      "Lists the built-in range estimators, quantizers and recipes, or shows one of them, or one of your own, with its options.",
    load: async () => (await import("./estimators.ts")).estimatorsCommand,
  },
  {
    name: "completions",
    summary: "Prints a completion script for bash, zsh or fish.",
    load: async () => (await import("./completions.ts")).completionsCommand(commands),
  },
];

const program: Program = {
  name: "rangeflow",
  about:
    "Fully quantized training as a dataflow of streams: train, record the range of every tensor, replay.",
  commands,
};

/** The command `rangeflow`. @returns the exit code, see `runProgram` */
export const rangeflow = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runProgram(program, args, terminal);
