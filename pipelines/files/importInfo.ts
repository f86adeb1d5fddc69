/** @file `import.json`: the source of an imported (third-party) recording. */
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
    /** Format of the files, such as `te` or `csv`, or `rangeflow_record` for the PyTorch recorder. */
    format: t.string,
    /** Number of rows. */
    rows: t.number,
    /** Number of sites. */
    sites: t.number,
  }),
  t.partial({
    /** Time of the import, ISO 8601 in UTC. */
    made: t.string,
    /** Program that wrote it, with its version. */
    by: t.string,
    /** Source files. */
    files: t.readonlyArray(t.type({ name: t.string, bytes: t.number, sha256: t.string })),
    /** Options of the import. */
    options: t.UnknownRecord,
  }),
]);

/** Content of `import.json`. Further fields depend on the format. */
export type ImportInfo = Readonly<t.TypeOf<typeof ImportInfoCodec>>;

/** Path of the file in the directory of a run. */
const importInfoPath = (run: string): string => join(run, runNames.importInfo);

/** Writes the source of a recording. It is written last, so that whoever sees it finds the recording. */
export const writeImportInfo = (run: string, info: ImportInfo): void =>
  writeTextAtomically(importInfoPath(run), `${encodeJson(info, 2)}\n`);

/**
 * Source of an imported recording; undefined for a run that Rangeflow has trained.
 *
 * @param run directory of the run
 * @throws `RangeflowFailure` if the file is invalid
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
