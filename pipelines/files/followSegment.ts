/** @file Follows a segment that another process writes. Each piece is read once. */
import type { RecordBatchStreamReader } from "apache-arrow";
import { dictionariesIn } from "./arrowMessages.ts";
import { columnReader } from "./columnReader.ts";
import type { SegmentInfo } from "./recordedSegment.ts";
import { notArrow, streamOf } from "./recordingFiles.ts";
import { segmentInfo } from "./recordingSchema.ts";
import { type Chunk, readChunks, type SegmentPaths, wholeChunks } from "./segment.ts";
import type { StatColumns } from "./statColumns.ts";

export interface SegmentFollower {
  /** Metadata of the segment; undefined until its first piece exists. */
  readonly info: () => SegmentInfo | undefined;
  /**
   * The complete rows since the last call.
   *
   * @throws `RangeflowFailure` at a damaged piece, after everything before it
   */
  readonly read: () => Generator<StatColumns>;
}

/** Number of pieces in memory at a time. */
const together = 64;

/** Follows a segment from its beginning. Dictionaries are written once, so the latest of each is put in front of later pieces. */
export const followSegment = (paths: SegmentPaths): SegmentFollower => {
  let place = { chunks: 0, bytes: 0 };
  let schema: Uint8Array | undefined;
  let info: SegmentInfo | undefined;
  let columnsOf: ReturnType<typeof columnReader> | undefined;
  const dictionaries = new Map<bigint, Uint8Array>();

  const begin = (): void => {
    if (schema) return;
    const [first] = wholeChunks(paths);
    if (first === undefined) return;
    const [piece] = readChunks(paths.data, [first]);
    info = segmentInfo(paths.data, streamOf([piece!]).schema);
    columnsOf = columnReader(paths.data, info);
    schema = piece;
    place = { chunks: 1, bytes: first.length };
  };

  function* rows(stream: RecordBatchStreamReader): Generator<StatColumns> {
    for (const batch of stream) if (batch.numRows > 0) yield columnsOf!(batch);
  }

  /** Undamaged pieces up to the first damaged one. Throws if that is the first of all. */
  const wholePieces = (chunks: readonly Chunk[]): readonly Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    try {
      for (const piece of readChunks(paths.data, chunks)) pieces.push(piece);
    } catch (error) {
      if (pieces.length === 0) throw error;
    }
    return pieces;
  };

  function* read(): Generator<StatColumns> {
    begin();
    if (!schema) return;
    const chunks = wholeChunks(paths, place);
    for (let i = 0; i < chunks.length; ) {
      const pieces = wholePieces(chunks.slice(i, i + together));
      yield* rows(streamOf([schema, ...dictionaries.values(), ...pieces]));
      for (const piece of pieces)
        for (const [id, message] of dictionariesIn(piece)) dictionaries.set(id, message.slice());
      i += pieces.length;
      const { offset, length } = chunks[i - 1]!;
      place = { chunks: place.chunks + pieces.length, bytes: offset + length };
    }
  }

  return {
    info: () => {
      begin();
      return info;
    },
    read: function* () {
      try {
        yield* read();
      } catch (error) {
        throw notArrow(paths.data, error);
      }
    },
  };
};
