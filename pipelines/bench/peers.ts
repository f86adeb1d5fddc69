/**
 * @file Peers: other systems that Rangeflow is measured against. They are no dependencies; a folder with its own modules and
 *   `node_modules` provides them, such as `spec/bench` after `npm install` there.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { ConvShape } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Batch } from "../../operators/module/build.ts";
import type { Contestant } from "./contest.ts";

/** Codes of one tensor on one grid. */
export interface PeerCodes {
  readonly codes: Int8Array;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** One product of a convolution, as plain arrays: NHWC and OHWI. */
export interface ConvTask {
  readonly product: "forward" | "backward-input" | "backward-weight";
  readonly number: "int8" | "float32";
  readonly conv: ConvShape;
  readonly input: Shape;
  readonly output: Shape;
  readonly wShape: Shape;
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly dy: Float32Array;
  /** Codes of both operands, and the grid of the output, for `int8`, forward. */
  readonly codes: {
    readonly x: PeerCodes;
    readonly w: PeerCodes;
    readonly y: Pick<PeerCodes, "scale" | "zeroPoint">;
  };
}

/** A product that a peer can compute. `result` has Rangeflow's layout. */
export interface PeerConv extends Contestant {
  readonly result: () => Promise<Float32Array | Int8Array>;
  readonly close: () => unknown;
}

/** A parameter before the first step. Weights of convolutions are OHWI. */
export interface PeerParameter {
  readonly path: string;
  readonly shape: Shape;
  readonly value: Float32Array;
  readonly isDecayed: boolean;
}

/** Training by a peer: the same network with the same initial values, one batch repeatedly, by stochastic gradient descent. */
export interface TrainingTask {
  readonly images: Batch;
  readonly parameters: readonly PeerParameter[];
  readonly rate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** A network in training by a peer. */
export interface PeerTraining {
  /** Takes one step and returns its loss. */
  readonly run: () => number | Promise<number>;
  readonly close: () => unknown;
}

/** One way in which a peer trains a model. */
export interface PeerTrainer {
  readonly name: string;
  readonly number: "W8A8G8" | "float32";
  readonly open: (task: TrainingTask) => Promise<PeerTraining>;
}

export interface Peer {
  readonly name: string;
  /** Undefined if the peer has no kernel for it. */
  readonly conv?: (task: ConvTask) => Promise<PeerConv | undefined>;
  /** The ways in which it can train a model; empty if it cannot. */
  readonly trainers?: (model: string) => readonly PeerTrainer[];
  readonly close: () => unknown;
}

interface PeerModule {
  readonly peers: Readonly<Record<string, () => Promise<Peer>>>;
}

/** The folder in this repository, if this code runs from one. It is not part of the package. */
const ownFolder = (): string => fileURLToPath(new URL("../../../spec/bench", import.meta.url));

export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] as string;

/**
 * Opens all available peers of a folder; none if nothing is installed.
 *
 * @param folder folder with `peers/index.mjs` and `node_modules`. Default: `spec/bench` of this repository, if it exists
 * @throws `RangeflowFailure` if a folder was given that has no peers
 */
export const openPeers = async (
  folder: string | undefined,
  note: (text: string) => void,
): Promise<readonly Peer[]> => {
  const dir = folder === undefined ? ownFolder() : resolve(folder);
  const index = join(dir, "peers", "index.mjs");
  const isInstalled = existsSync(index) && existsSync(join(dir, "node_modules"));
  if (!isInstalled && folder !== undefined)
    throw new RangeflowFailure(
      problem(
        "--peers",
        `${folder} without peers/index.mjs or node_modules`,
        "a folder with both",
        "npm install in spec/bench or a copy of it",
      ),
    );
  if (!isInstalled) {
    note("no peers are installed; npm install --prefix spec/bench brings them");
    return [];
  }
  const { peers } = (await import(pathToFileURL(index).href)) as PeerModule;
  const opened: Peer[] = [];
  for (const [name, open] of Object.entries(peers))
    try {
      opened.push(await open());
    } catch (error) {
      note(`${name} is left out: ${messageOf(error)}`);
    }
  return opened;
};
