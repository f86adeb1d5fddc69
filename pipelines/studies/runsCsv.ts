/** @file `runs.csv`: one line for every run of a study. It is replaced atomically. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { own } from "../../core/own.ts";
import { removePartials, writeTextAtomically } from "../files/atomic.ts";
import { csvField, csvRecords } from "../files/csv.ts";
import { recovered } from "../files/recovered.ts";
import { readText } from "../files/regularFile.ts";
import { runsCsvName } from "../files/runNames.ts";
import { type DoneRecord, doneRecordsBelow } from "../runs/doneRecord.ts";
import { decisive, type Identity } from "../runs/identity.ts";
import { defaults, optionName, settingNames } from "../settings/settings.ts";
import type { RunEvent } from "./events.ts";

type Cells = readonly (readonly [column: string, value: string | number])[];
type Row = ReadonlyMap<string, string | number>;

/** Path of the file of a study. */
const pathIn = (out: string): string => join(out, runsCsvName);

/** End of a run. */
type Ended = Pick<DoneRecord, "done" | "identity">;

/** Columns that every row may have; an option of a user's own file that is called so has its column under another name. */
const ownColumns: readonly string[] = [
  ...["run", "status", "message", "score", "test", "bestTest", "seconds", "imagesPerSecond"],
  ...["engine", "backend", "faults", "weightsSha256"],
];

/** Name of the column of a setting, or of an option of a user's file. */
const columnOf = (name: string): string => {
  const isSetting = (settingNames as readonly string[]).includes(name);
  return !isSetting && ownColumns.includes(name) ? `option ${name}` : optionName(name);
};

/** Parts of the identity of an experiment in code that are long, and that no column has room for. */
const long = ["network", "dataVariant"];

/**
 * Columns that distinguish a run: settings that differ from the defaults; for an experiment file all options and changes; for an
 * experiment in code what is short.
 */
const tellingOf = ({ from, settings }: Identity): readonly string[] =>
  from === "settings"
    ? decisive.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(defaults[name]))
    : Object.keys(settings).filter(
        (name) =>
          !(from === "code" && long.includes(name)) &&
          (settings[name] === null || typeof settings[name] !== "object"),
      );

const textOf = ({ settings }: Identity, name: string): string => {
  const value = own(settings, name);
  return Array.isArray(value) ? value.join(";") : String(value ?? "");
};

/** Results of a run by column. */
const resultsOf = ({ done }: Ended): Cells => [
  ["score", done.metric],
  ["test", done.score],
  ["bestTest", done.bestScore],
  ["seconds", done.seconds],
  ["imagesPerSecond", done.imagesPerSecond],
  ["engine", done.engine],
  ["backend", done.backend],
  ["faults", done.faults],
  ...done.roles.flatMap(({ role, ...numbers }) =>
    Object.entries(numbers).map(([name, value]) => [`${role} ${name}`, value] as const),
  ),
  ["weightsSha256", done.weightsSha256],
];

export interface RunsCsv {
  /** Forgets how a run has failed before, since it is tried again. */
  readonly begin: (run: string) => void;
  /** Takes a run that has ended, and writes the file again. */
  readonly add: (run: RunEvent, identity: Identity) => void;
}

/**
 * The file of a directory that belongs to this process: runs that have finished there, runs added later, and runs that failed before and
 * have not been tried again.
 */
export const runsCsvIn = (out: string): RunsCsv => {
  removePartials(pathIn(out));
  const records = new Map<string, Ended>(doneRecordsBelow(out));
  const failures = new Map<string, { readonly identity: Identity; readonly message: string }>();
  // A file that is damaged is written anew: what is lost with it are sentences of runs that are tried again.
  const before = new Map(
    recovered(
      () => failedRowsIn(out),
      () => [],
    ).map((row) => [String(row.get("run")), row]),
  );

  /** Columns that distinguish some runs from others or from the defaults. Settings come last, in their order. */
  const columns = (): readonly string[] => {
    const all = [...records.values(), ...failures.values()].flatMap(({ identity }) => tellingOf(identity));
    const own = [...new Set(all)].filter((name) => !(settingNames as readonly string[]).includes(name));
    return [...own, ...settingNames.filter((name) => name === "seed" || all.includes(name))];
  };
  const write = (): void => {
    const names = columns();
    const rowOf = (run: string, status: string, identity: Identity, rest: Cells): Row =>
      new Map([
        ["run", run],
        ["status", status],
        ...names.map((name) => [columnOf(name), textOf(identity, name)] as const),
        ...rest,
      ]);
    const rows = [
      ...[...records].map(([run, record]) => rowOf(run, "done", record.identity, resultsOf(record))),
      ...[...failures].map(([run, { identity, message }]) =>
        rowOf(run, "failed", identity, [["message", message]]),
      ),
      ...[...before].flatMap(([run, row]) => (records.has(run) || failures.has(run) ? [] : [row])),
    ];
    rows.sort((a, b) => (String(a.get("run")) < String(b.get("run")) ? -1 : 1));
    const head = [...new Set(rows.flatMap((row) => [...row.keys()]))];
    const lines = [head, ...rows.map((row) => head.map((name) => row.get(name)))];
    const csv = lines
      .map((line) => `${line.map((value) => csvField(String(value ?? ""))).join(",")}\n`)
      .join("");
    writeTextAtomically(pathIn(out), csv);
  };
  if (records.size > 0) write();
  return {
    begin: (run) => {
      if ([before.delete(run), failures.delete(run)].includes(true)) write();
    },
    add: (run, identity) => {
      if (run.status === "failed") failures.set(run.run, { identity, message: run.message });
      else records.set(run.run, { identity, done: run.done });
      write();
    },
  };
};

/**
 * Rows of the failed runs in the directory of a study.
 *
 * @throws `RangeflowFailure` if the file is damaged
 */
const failedRowsIn = (out: string): readonly Row[] => {
  const path = pathIn(out);
  if (!existsSync(path)) return [];
  const [head = [], ...rows] = csvRecords(path, readText(path, "the table of a study"));
  return rows
    .map((row) => new Map(head.flatMap((name, i) => (row[i] ? [[name, row[i]] as const] : []))))
    .filter((row) => row.get("status") === "failed");
};

/**
 * Error messages of the failed runs in the directory of a study, by run name.
 *
 * @throws `RangeflowFailure` if the file is damaged
 */
export const failedRunsIn = (out: string): ReadonlyMap<string, string> =>
  new Map(failedRowsIn(out).map((row) => [String(row.get("run")), String(row.get("message") ?? "")]));
