/** @file `import.json`: what the recording in a directory was made of, where somebody else has recorded it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeTextAtomically } from "./atomic.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { readText } from "./regularFile.ts";
import { runNames } from "./runNames.ts";

const ImportInfoCodec = t.intersection([
  t.type({
    /** Format of the files, such as `te` or `csv`, or `rangeflow_record` for the recorder of PyTorch. */
    format: t.string,
    rows: t.number,
    sites: t.number,
  }),
  t.partial({
    /** When, as an ISO 8601 text in UTC. */
    made: t.string,
    /** What wrote it, with its version. */
    by: t.string,
    files: t.readonlyArray(t.type({ name: t.string, bytes: t.number, sha256: t.string })),
    options: t.UnknownRecord,
  }),
]);

/** What `import.json` says; further fields are those of the format. */
export type ImportInfo = Readonly<t.TypeOf<typeof ImportInfoCodec>>;

/** Path of the file in the directory of a run. */
const importInfoPath = (run: string): string => join(run, runNames.importInfo);

/** Says what the recording of a run was made of; written last, so that whoever sees it finds the recording. */
export const writeImportInfo = (run: string, info: ImportInfo): void =>
  writeTextAtomically(importInfoPath(run), `${encodeJson(info, 2)}\n`);

/**
 * What the recording of a run was made of; undefined for a run of ours.
 *
 * @throws `RangeflowFailure` if the file says no such thing
 */
export const importInfoIn = (run: string): ImportInfo | undefined => {
  const path = importInfoPath(run);
  if (!existsSync(path)) return undefined;
  const decoded = pipe(
    decodeJson(readText(path, "what a recording was made of")),
    E.chainW(ImportInfoCodec.decode),
  );
  if (E.isRight(decoded)) return decoded.right;
  throw new RangeflowFailure(
    problem(
      path,
      "contents that do not say what the recording was made of",
      "a JSON object with format, rows and sites",
      "import it again",
    ),
  );
};
