/** @file A segment of a recording: what it says of itself, and its files. */
import type { Chunk, SegmentPaths } from "./segment.ts";

/** Metadata of a segment. */
export interface SegmentInfo {
  readonly runId: string;
  /** First step of the process that wrote it: rows of earlier segments from this step on are superseded. */
  readonly firstStep: number;
}

export interface Segment {
  readonly paths: SegmentPaths;
  readonly info: SegmentInfo;
  /** The first one holds the schema. */
  readonly chunks: readonly Chunk[];
}
