/** @file What a study tells its user, as one JSON object each. */

import type { Better } from "../../operators/taps/outputMetric.ts";
import type { DoneEvent, RoleEvent } from "../runs/events.ts";
import type { Cell } from "./grid.ts";
import type { Difference, JudgedMean, Spread } from "./spread.ts";

/** The study is planned and checked. */
export interface StudyEvent {
  readonly event: "study";
  readonly out: string;
  readonly cells: number;
  readonly runs: number;
  /** Runs that had ended before. */
  readonly finished: number;
  /** Processes side by side; 0 where nothing is trained, or other machines train. */
  readonly jobs: number;
  /** Address of the queue that the runs go through, where there is one. */
  readonly queue?: string;
}

/** Progress of the study. */
export interface ProgressEvent {
  readonly event: "progress";
  readonly runs: number;
  /** Runs that are done or have failed. */
  readonly ended: number;
  readonly running: number;
  /** Share of all training steps, from 0 to 1; each run counts the same. */
  readonly share: number;
}

/** A run, with what it differs in. */
interface RunEnded {
  readonly event: "run";
  /** Its name, which is that of its directory below the study's. */
  readonly run: string;
  /** Number of its cell, from 0. */
  readonly cell: number;
  readonly settings: Cell;
  readonly seed: number;
}

/** A run has ended; `before`: in an earlier call. */
export interface RunDoneEvent extends RunEnded {
  readonly status: "done";
  readonly before: boolean;
  readonly done: DoneEvent;
}

/** A run has failed; the next call takes it up again. */
export interface RunFailedEvent extends RunEnded {
  readonly status: "failed";
  readonly message: string;
}

export type RunEvent = RunDoneEvent | RunFailedEvent;

/** Difference of a cell from another one, seed by seed: it less the other. */
export interface Comparison {
  /** Number of the other one. */
  readonly cell: number;
  readonly test: Difference | null;
  readonly bestTest: Difference | null;
}

/** Summary of the runs of one cell; null where none is done. */
export interface CellEvent {
  readonly event: "cell";
  /** Its number, from 0. */
  readonly cell: number;
  readonly settings: Cell;
  /** Those whose runs are done. */
  readonly seeds: readonly number[];
  readonly failed: readonly { readonly seed: number; readonly message: string }[];
  /** Tensors of runs that are done which were zero, empty or not finite. */
  readonly faults: number;
  /** Metric that the runs are judged by: accuracy as a share from 0 to 1, psnr in dB. */
  readonly score: string;
  /** Direction in which that metric is better. */
  readonly better: Better;
  /** Scores after the last epoch, and the best of all epochs. */
  readonly test: Spread | null;
  readonly bestTest: Spread | null;
  readonly seconds: Spread | null;
  /** Means over the runs. */
  readonly roles: readonly RoleEvent[];
  /** Number of the first cell of its group, which is its own where it is that; without groups 0. */
  readonly first: number;
  /** Comparison with the first cell of its group; null for that one, and where no seed is done in both. */
  readonly againstFirst: Comparison | null;
  /** Comparison with the cell that `against` leads to; null where there is none, and where no seed is done in both. */
  readonly againstCounterpart: Comparison | null;
}

/** Mean difference over several groups. */
export interface PooledDifference extends JudgedMean {
  /** Groups, of which each counts the same. */
  readonly groups: number;
  /** Pairs of runs, or of means of runs, with the same group and seed. */
  readonly pairs: number;
  /** Pairs less groups. */
  readonly degreesOfFreedom: number;
}

/** Differences of several cells from their counterparts, taken together. */
export interface PoolEvent {
  readonly event: "pool";
  /** What they differ from their counterparts in: `gradient-range inHindsight`, or `inHindsight in activation-range, gradient-range`. */
  readonly name: string;
  /** Their numbers. */
  readonly cells: readonly number[];
  readonly score: string;
  readonly better: Better;
  readonly test: PooledDifference;
}

/** The end of a study, or of what was done of it before it was stopped. */
export interface ComparedEvent {
  readonly event: "compared";
  readonly done: number;
  readonly failed: number;
  /** Runs that were stopped or never started. */
  readonly left: number;
  readonly out: string;
}

/** Events of `compare`: the study first, runs as they go, cells and pools of cells at the end, and how many runs are done. */
export type CompareEvent = StudyEvent | ProgressEvent | RunEvent | CellEvent | PoolEvent | ComparedEvent;
