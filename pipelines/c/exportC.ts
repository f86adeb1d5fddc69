/** @file Writes the network of a run as two C files. */
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { type InputNormalization, inputNormalization } from "../data/inputNormalization.ts";
import type { RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { writeOutputsInto } from "../files/outputFiles.ts";
import { inferenceGraph } from "../inference/inferenceGraph.ts";
import type { Opening } from "../runs/openSource.ts";
import { cNetwork } from "./cNetwork.ts";

/** Result of `exportC`. */
export interface ExportedC extends InputNormalization {
  /** Training steps of the exported weights. */
  readonly step: number;
  /** Paths of the written files. */
  readonly files: readonly string[];
  /** Bytes of static memory. */
  readonly arenaBytes: number;
  /** Bytes of constant tables: weights, biases, scales and normalizations. Code comes on top. */
  readonly tableBytes: number;
  /** Sites whose ranges were dynamic in training. They are exported with the range of the last step. */
  readonly dynamicSites: readonly string[];
}

/** Longest prefix, so that names stay below the 31 characters that are significant between files in C11. */
const longestPrefix = 20;

/** Refuses a prefix that is no start of a C name. */
const checkPrefix = (prefix: string): void => {
  if (/^[a-zA-Z][a-zA-Z0-9_]*$/.test(prefix) && prefix.length <= longestPrefix) return;
  throw new RangeflowFailure(
    problem(
      "--prefix",
      `"${prefix}"`,
      `a letter, then letters, digits and _, at most ${longestPrefix} in all`,
    ),
  );
};

/** Options of `exportC`. */
export interface ExportCOptions extends Opening {
  /** Name of the files, and prefix of what they define: a letter, then letters, digits and _, at most 20 characters. Default: `net`. */
  readonly prefix?: string;
}

/**
 * Writes the network of a run's last checkpoint as C11: `PREFIX.h` and `PREFIX.c`.
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param dir directory of the run, finished or not
 * @param out directory for the files; it is created if necessary
 * @throws `RangeflowFailure` as `inferenceGraph` does, for an invalid prefix, if `out` is no directory, and if the disk refuses; either
 *   both files are written or none
 * @example not run: it reads a run
 * import { builtIn } from "rangeflow";
 * import { exportC } from "rangeflow/pipelines";
 *
 * const { arenaBytes, tableBytes } = await exportC(builtIn(), "runs/mine", "firmware/net");
 */
export const exportC = async (
  source: RunSource,
  dir: string,
  out: string,
  options: ExportCOptions = {},
): Promise<ExportedC> => {
  const { prefix = "net", ...opening } = knownOptions("exportC", options, { prefix: true, trust: true });
  checkDirectory("exportC, out", out);
  checkPrefix(prefix);
  const graph = await inferenceGraph(source, dir, opening);
  const { header, source: text, arenaBytes, tableBytes } = cNetwork(graph, prefix);
  const bytes = (text: string): readonly Uint8Array[] => [new TextEncoder().encode(text)];
  const files = [
    { path: `${prefix}.h`, parts: bytes(header) },
    { path: `${prefix}.c`, parts: bytes(text) },
  ];
  writeOutputsInto(out, files);
  const { step, dynamicSites } = graph;
  return {
    step,
    files: files.map(({ path }) => join(out, path)),
    arenaBytes,
    tableBytes,
    dynamicSites,
    ...inputNormalization(graph),
  };
};
