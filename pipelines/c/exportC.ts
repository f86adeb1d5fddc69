/** @file The network of a run as two files of C. */
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type InputNormalization, inputNormalization } from "../data/inputNormalization.ts";
import type { RunSource } from "../experiments/source.ts";
import { writeOutputsInto } from "../files/outputFiles.ts";
import { inferenceGraph } from "../inference/inferenceGraph.ts";
import type { Opening } from "../runs/openSource.ts";
import { cNetwork } from "./cNetwork.ts";

/** What was written. */
export interface ExportedC extends InputNormalization {
  /** Training steps behind the weights. */
  readonly step: number;
  readonly files: readonly string[];
  /** Bytes of static memory. */
  readonly arenaBytes: number;
  /** Bytes of constant tables: weights, biases, scales and normalizations. Code comes on top. */
  readonly tableBytes: number;
  /** Sites that have the range of the last step, because training found theirs in each tensor. */
  readonly dynamicSites: readonly string[];
}

/** Longest prefix, so that names stay below the 31 characters that C11 tells apart between files. */
const longestPrefix = 20;

/** Refuses what no name of C begins with. */
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

export interface ExportCOptions extends Opening {
  /** Name of the files, and beginning of what they define; `net` where missing. */
  readonly prefix?: string;
}

/**
 * Writes the network of a run's last checkpoint as C11: `PREFIX.h` and `PREFIX.c`.
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param out directory that they are written to; it is made
 * @throws `RangeflowFailure` as `inferenceGraph`, of a prefix that is none, if something else than a directory is at `out`, and if the disk
 *   refuses; both files are written or neither
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
  { prefix = "net", ...opening }: ExportCOptions = {},
): Promise<ExportedC> => {
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
