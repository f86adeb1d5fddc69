/** @file `done.json`: the record that a finished run leaves in its directory. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeTextAtomically } from "../files/atomic.ts";
import { type Contents, ContentsCodec } from "../files/contents.ts";
import { readText } from "../files/regularFile.ts";
import { runNames } from "../files/runNames.ts";
import { decodeSealed, encodeSealed } from "../files/sealedJson.ts";
import { directoriesBelow } from "./directoriesBelow.ts";
import type { DoneEvent } from "./events.ts";
import type { Identity } from "./identity.ts";
import { outlineIn, type RunOutline } from "./outline.ts";
import { type Provenance, ProvenanceCodec } from "./provenance.ts";
import { identityIn, SavedIdentityCodec, savedIn } from "./savedIdentity.ts";

/** Record of a finished run: its identity and its final event. */
export interface DoneRecord {
  readonly identity: Identity;
  readonly provenance: Provenance;
  /** Absent in records of earlier versions. */
  readonly outline?: RunOutline;
  readonly done: DoneEvent;
  /** Contents of the recording when the run finished. */
  readonly recording: Contents;
}

const RoleCodec = t.type({
  role: t.union([t.literal("weight"), t.literal("activation"), t.literal("gradient")]),
  staticSites: t.number,
  dynamicSites: t.number,
  clippedShare: t.number,
  movedStatically: t.number,
  movedDynamically: t.number,
  bytesSaved: t.number,
});

const ProductCodec = t.intersection([
  t.type({
    product: t.union([t.literal("forward"), t.literal("input gradient"), t.literal("weight gradient")]),
    integer: t.readonlyArray(t.string),
    float32: t.readonlyArray(t.string),
  }),
  t.partial({ blocks: t.readonlyArray(t.string) }),
]);

/** Fields that only some runs have. */
const ExtrasCodec = t.partial({
  multipliers: t.readonlyArray(t.type({ site: t.string, multiplier: t.number })),
});

const EndCodec = t.type({
  event: t.literal("done"),
  metric: t.string,
  better: t.union([t.literal("higher"), t.literal("lower")]),
  score: t.number,
  bestScore: t.number,
  testImages: t.number,
  seconds: t.number,
  imagesPerSecond: t.number,
  engine: t.string,
  backend: t.string,
  staticSites: t.number,
  dynamicSites: t.number,
  roles: t.readonlyArray(RoleCodec),
  products: t.readonlyArray(ProductCodec),
  faults: t.number,
  accumulators: t.readonlyArray(t.type({ site: t.string, overflows: t.number, sums: t.number })),
  weightsSha256: t.string,
});

/** Final event without the directory of the run. */
type End = Omit<DoneEvent, "out">;

const DoneCodec: t.Type<End, unknown, unknown> = t.intersection([
  EndCodec,
  ExtrasCodec,
]) as unknown as t.Type<End>;

const RecordCodec = t.intersection([
  t.type({
    identity: SavedIdentityCodec,
    provenance: ProvenanceCodec,
    done: DoneCodec,
    recording: ContentsCodec,
  }),
  t.partial({ outline: t.unknown }),
]);

/** Path of the record of a run. */
export const donePath = (dir: string): string => join(dir, runNames.done);

/** Writes the record of a run to its directory atomically. The record does not contain the directory, which may be moved. */
export const recordDone = (dir: string, record: DoneRecord): void => {
  const { out: _, ...done } = record.done;
  const written = { ...record, identity: savedIn(dir, record.identity), done };
  writeTextAtomically(donePath(dir), encodeSealed(written));
};

const hint = "restore it from a backup, or remove it and resume the run, which writes it again";

/**
 * The record of the run in a directory; undefined if the run has not finished.
 *
 * @throws `RangeflowFailure` if the record is damaged, was changed, or has another version
 */
export const doneRecordIn = (dir: string): DoneRecord | undefined => {
  const path = donePath(dir);
  if (!existsSync(path)) return undefined;
  const text = readText(path, "the record of a run");
  const record = E.chainW(({ identity, done, outline: saved, ...rest }: t.TypeOf<typeof RecordCodec>) => {
    const outline = outlineIn(saved);
    return E.map(
      (read: Identity): DoneRecord => ({
        ...rest,
        identity: read,
        ...(outline && { outline }),
        done: { ...done, out: dir },
      }),
    )(identityIn(path, dir, identity));
  })(RecordCodec.decode(decodeSealed(path, text, hint)));
  if (E.isRight(record)) return record.right;
  throw new RangeflowFailure(
    problem(path, "a record of a run of another version", "one of this version", hint),
  );
};

/** Records of all finished runs in the subdirectories of a directory, by subdirectory name in order, whichever study they belong to. */
export const doneRecordsBelow = (dir: string): ReadonlyMap<string, DoneRecord> => {
  const names = existsSync(dir) ? directoriesBelow(dir) : [];
  return new Map(
    names.flatMap((name) => {
      const record = doneRecordIn(join(dir, name));
      return record === undefined ? [] : [[name, record] as const];
    }),
  );
};
