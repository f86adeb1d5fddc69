/** @file Finished runs in the directory of a study, found by what they are: a directory may have been renamed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { recovered } from "../files/recovered.ts";
import { directoriesBelow } from "../runs/directoriesBelow.ts";
import { type DoneRecord, doneRecordIn } from "../runs/doneRecord.ts";
import { differences, type Identity } from "../runs/identity.ts";
import { measuredOf } from "./cellId.ts";

/** A run that was planned, by the name of its directory. */
interface Named {
  readonly name: string;
  readonly identity: Identity;
}

/** A finished run. */
export interface FinishedRun {
  readonly dir: string;
  readonly record: DoneRecord;
}

/** All finished runs in the directory of a study, without those whose records are damaged. */
const finishedBelow = (out: string): readonly FinishedRun[] =>
  (existsSync(out) ? directoriesBelow(out) : []).flatMap((name) => {
    const dir = join(out, name);
    const record = recovered(
      () => doneRecordIn(dir),
      () => undefined,
    );
    return record === undefined ? [] : [{ dir, record }];
  });

/**
 * Finds finished runs: in the directory that has the run's name, or else in any other directory of the study.
 *
 * @param axes settings that the study varies; those that change no bit but what is measured have to match
 * @returns a function of runs, undefined for one that has not finished. It throws `RangeflowFailure` if the directory with the run's name
 *   has a record that is damaged or belongs to another run
 */
export const finishedRunsIn = (
  out: string,
  axes: readonly string[],
): ((run: Named) => FinishedRun | undefined) => {
  const varied = measuredOf(axes);
  const isRunOf = (identity: Identity, record: DoneRecord): boolean =>
    differences(identity, record.identity).length === 0 &&
    varied.every((name) => String(identity.settings[name]) === String(record.identity.settings[name]));
  let others: readonly FinishedRun[] | undefined;
  return ({ name, identity }) => {
    const dir = join(out, name);
    const record = doneRecordIn(dir);
    if (record === undefined) {
      others ??= finishedBelow(out);
      return others.find((other) => isRunOf(identity, other.record));
    }
    if (isRunOf(identity, record)) return { dir, record };
    const [other] = differences(identity, record.identity);
    const found = other ? `, of ${other.expected} where this one has ${other.found}` : "";
    throw new RangeflowFailure(
      problem(dir, `the record of another run${found}`, `that of ${name}`, "name another --out"),
    );
  };
};
