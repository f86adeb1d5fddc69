/** @file The formats of `rangeflow export`, one row each. The modules of a format are loaded when it is requested. */
import { basename, dirname, relative } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { firstFew } from "../../core/firstFew.ts";
import { counted } from "../../core/inWords.ts";
import { expectedName } from "../../core/nearest.ts";
import { type InputNormalization, normalizationTexts } from "../data/inputNormalization.ts";
import type { RunSource } from "../experiments/source.ts";
import type { ExportedEvents } from "../exports/exportRunEvents.ts";
import type { ExportedRuns } from "../exports/exportTensorBoard.ts";
import type { Opening } from "../runs/openSource.ts";
import type { Resources } from "../runs/resources.ts";
import { namesIn } from "../weights/names.ts";
import type { Arguments, Option } from "./args.ts";

/** A request to write a format. */
export interface ExportRequest {
  /** The experiment of the run; `prepare(source, { ...opening, out: dir, resume: true, where: "export" })` opens it. */
  readonly source: RunSource;
  /** Directory of the run. */
  readonly dir: string;
  /** File or directory to be written. */
  readonly out: string;
  readonly opening: Opening & Partial<Resources>;
  /** Options of the format are among these. */
  readonly given: Arguments;
}

/** What was written. */
export interface Exported {
  /** Text for the line printed after the name of the output. */
  readonly text: string;
  /** The same as plain data, for --json. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface ExportFormat {
  readonly name: string;
  /** What it writes, for the help. */
  readonly help: string;
  /** Placeholder of --out: whether it is a file or a directory. */
  readonly out: "FILE" | "DIR";
  /** Options of this format only; other formats refuse them. */
  readonly options: readonly Option[];
  /** Whether only the files of the run are read, so that naming its experiment or its data has no effect. Default: false. */
  readonly opensNothing?: boolean;
  /** Writes all of it or nothing. */
  readonly write: (request: ExportRequest) => Promise<Exported>;
}

/** Text on the normalization of inputs, for the end of a line. */
const ofInputs = (said: InputNormalization): string =>
  normalizationTexts(said)
    .map((text) => `; ${text}`)
    .join("");

const safetensors: ExportFormat = {
  name: "safetensors",
  help: "the weights in PyTorch's layout",
  out: "FILE",
  options: [
    {
      name: "names",
      kind: "text",
      value: "rangeflow|torchvision|FILE",
      values: ["rangeflow", "torchvision"],
      path: "file",
      help: 'tensor names: those of Rangeflow in PyTorch\'s spelling, those of torchvision, or those of a JSON file { "rangeflow name": "exported name" } [rangeflow]',
    },
  ],
  write: async ({ source, dir, out, opening, given }) => {
    const names = namesIn("--names", given.texts.names ?? "rangeflow");
    const { exportSafetensors } = await import("../exports/exportSafetensors.ts");
    const facts = await exportSafetensors(source, dir, out, { names, ...opening });
    const { tensors, numbers, step } = facts;
    return {
      text: `${tensors} tensors, ${numbers} numbers in float32, of step ${step}${ofInputs(facts)}`,
      facts: { ...facts },
    };
  },
};

/** Text on the sites that are exported with the range of the last training step. */
const ofLastStep = ([first, ...more]: readonly string[]): string => {
  if (first === undefined) return "";
  const all = more.length > 2 ? `${first} and ${more.length} more` : [first, ...more].join(", ");
  return `; ${all} with the range of the last step, since most tensors of training had one of their own`;
};

const onnx: ExportFormat = {
  name: "onnx",
  help: "the network in QDQ form, opset 21, for onnxruntime",
  out: "FILE",
  options: [
    {
      name: "batch-norm",
      kind: "text",
      value: "separate|folded",
      values: ["separate", "folded"],
      help: "batch normalizations as separate nodes, or folded into the scales and the bias of the layer before [separate]",
    },
    {
      name: "exact",
      kind: "flag",
      help: "write scales as multiplications instead of in QuantizeLinear: this reproduces Rangeflow's codes bit for bit, but integer kernels cannot be used [false]",
    },
  ],
  write: async ({ source, dir, out, opening, given }) => {
    const batchNorm = given.texts["batch-norm"] ?? "separate";
    if (batchNorm !== "separate" && batchNorm !== "folded")
      throw new RangeflowFailure(
        problem("--batch-norm", `"${batchNorm}"`, expectedName(batchNorm, ["separate", "folded"])),
      );
    const { exportOnnx } = await import("../onnx/writing/exportOnnx.ts");
    const { trust = false } = opening;
    const facts = await exportOnnx(source, dir, out, {
      ...{ trust, batchNorm },
      form: given.flags.exact ? "exact" : "qdq",
    });
    const { step, opset, bytes, input, dynamicSites } = facts;
    return {
      text: `ONNX opset ${opset}, ${bytes} bytes, input [${input.join(", ")}], of step ${step}${ofLastStep(dynamicSites)}${ofInputs(facts)}`,
      facts: { ...facts },
    };
  },
};

const c: ExportFormat = {
  name: "c",
  help: "the network in integers, as C11 source for a microcontroller",
  out: "DIR",
  options: [
    {
      name: "prefix",
      kind: "text",
      value: "NAME",
      help: "name of both files, and prefix of the symbols that they define [net]",
    },
  ],
  write: async ({ source, dir, out, opening, given }) => {
    const { exportC } = await import("../c/exportC.ts");
    const { prefix } = given.texts;
    const { trust = false } = opening;
    const facts = await exportC(source, dir, out, { trust, ...(prefix !== undefined && { prefix }) });
    const { files, step, arenaBytes, tableBytes, dynamicSites } = facts;
    const names = files.map((file) => basename(file)).join(" and ");
    return {
      text: `${names}, an arena of ${arenaBytes} bytes, tables of ${tableBytes} bytes, of step ${step}${ofLastStep(dynamicSites)}${ofInputs(facts)}`,
      facts: { ...facts },
    };
  },
};

/** Text on the event file of a run, or on those of several. */
const ofRuns = ({ runs, withoutSteps }: ExportedRuns, dir: string, out: string): string => {
  const total = (name: "scalars" | "histograms" | "bytes"): number =>
    runs.reduce((sum, { [name]: count }) => sum + count, 0);
  const values = `${total("scalars")} scalars and ${total("histograms")} histograms`;
  const [{ file, sites, lastStep }] = runs as readonly [ExportedEvents];
  if (relative(out, dirname(file)) === "")
    return `${basename(file)}, ${values} of ${sites} sites up to step ${lastStep}, ${total("bytes")} bytes`;
  const left = withoutSteps.map((without) => relative(dir, without));
  const note = left.length === 0 ? "" : `; without a step, and left out: ${firstFew(left, 3)}`;
  return `${counted(runs.length, "run")}, ${values}, ${total("bytes")} bytes${note}`;
};

const tensorboard: ExportFormat = {
  name: "tensorboard",
  help: "the losses, scores, ranges, histograms and settings of a whole run, or of all runs below a directory, as event files of TensorBoard",
  out: "DIR",
  options: [
    {
      name: "site",
      kind: "text",
      value: "GLOB",
      help: "only sites whose path matches the pattern, such as conv1/* [*]",
    },
  ],
  opensNothing: true,
  write: async ({ dir, out, given }) => {
    const { exportTensorBoard } = await import("../exports/exportTensorBoard.ts");
    const { site } = given.texts;
    const facts = exportTensorBoard(dir, out, site === undefined ? {} : { site });
    return { text: ofRuns(facts, dir, out), facts: { ...facts } };
  },
};

/** All formats; --to selects one by name. */
export const exportFormats: readonly ExportFormat[] = [safetensors, onnx, c, tensorboard];
