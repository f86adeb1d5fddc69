/** @file Records of an object store: the saved state of an attempt, and the committed run. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { decodeSealed, encodeSealed } from "../files/sealedJson.ts";
import type { DoneRecord } from "../runs/doneRecord.ts";
import { bytesOf, type ObjectStore, textIn } from "./objectStore.ts";
import { SavedFilesCodec } from "./savedFiles.ts";

const SavedCodec = t.type({ files: SavedFilesCodec });

const CommittedCodec = t.type({
  /** Key of the run, and number of the committed attempt. */
  runId: t.string,
  attempt: t.number,
  /** Hashes of its weights and of the rows of its recording. */
  weightsSha256: t.string,
  recordingSha256: t.string,
  files: SavedFilesCodec,
});

/** State that an attempt has saved, for the next one to resume. */
export type SavedRecord = t.TypeOf<typeof SavedCodec>;
/** A committed run. */
export type CommittedRecord = t.TypeOf<typeof CommittedCodec>;

/** Results that distinguish two attempts at one run. */
export const endOf = ({ done, recording }: DoneRecord) => ({
  weightsSha256: done.weightsSha256,
  recordingSha256: recording.sha256,
});

/** Whether a run was committed with these results. */
export const hasEnd = (committed: CommittedRecord, end: ReturnType<typeof endOf>): boolean =>
  committed.weightsSha256 === end.weightsSha256 && committed.recordingSha256 === end.recordingSha256;

const recordIn = async <A>(
  objects: ObjectStore,
  key: string,
  codec: t.Type<A, unknown, unknown>,
): Promise<A | undefined> => {
  const where = `${objects.place}/${key}`;
  const hint = "remove it, and train the run again";
  const text = await textIn(objects, key);
  if (text === undefined) return undefined;
  const decoded = codec.decode(decodeSealed(where, text, hint));
  if (E.isRight(decoded)) return decoded.right;
  throw new RangeflowFailure(problem(where, "a record of another version", "one of this version", hint));
};

export const savedRecordIn = (objects: ObjectStore, key: string): Promise<SavedRecord | undefined> =>
  recordIn(objects, key, SavedCodec);

export const committedRecordIn = (objects: ObjectStore, key: string): Promise<CommittedRecord | undefined> =>
  recordIn(objects, key, CommittedCodec);

/** A record as the bytes of an object. */
export const recordBytes = (record: SavedRecord | CommittedRecord): Uint8Array =>
  bytesOf(encodeSealed(record));
