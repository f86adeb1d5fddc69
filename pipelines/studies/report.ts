/** @file `runs.csv`: one line for every run of a study's directory, whole at any moment. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { removePartials, writeAtomically } from "../files/atomic.ts";
import { type DoneRecord, doneRecordIn } from "../runs/doneRecord.ts";
import { decisive, settingsIn } from "../runs/identity.ts";
import { defaults, optionOf, type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import type { RunEvent } from "./events.ts";

type Cells = readonly (readonly [column: string, value: string | number])[];
type Row = ReadonlyMap<string, string | number>;

const quoted = (value: string | number | undefined): string => {
  const text = String(value ?? "");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** How a run with these settings has ended. */
interface Ended extends Pick<DoneRecord, "done"> {
  readonly settings: Settings;
}

/** Numbers of the end of a run, by column. */
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

export interface Report {
  /** Takes a run that has ended, and writes the file again. */
  readonly add: (run: RunEvent, settings: Settings) => void;
}

/** The report of a directory that belongs to this process: the runs that have ended there, and those still to be added. */
export const reportIn = (out: string): Report => {
  removePartials(join(out, "runs.csv"));
  const records = new Map<string, Ended>();
  for (const name of readdirSync(out)) {
    const record = doneRecordIn(join(out, name));
    if (record !== undefined) records.set(name, { settings: settingsIn(record.identity), done: record.done });
  }
  const failures = new Map<string, { readonly settings: Settings; readonly message: string }>();

  /** Settings that tell the runs apart, or from a run with the defaults. */
  const columns = (): readonly SettingName[] =>
    settingNames.filter(
      (name) =>
        name === "seed" ||
        (decisive.includes(name) &&
          [...records.values(), ...failures.values()].some(
            ({ settings }) => JSON.stringify(settings[name]) !== JSON.stringify(defaults[name]),
          )),
    );
  const text = (settings: Settings, name: SettingName): string => {
    const value = settings[name];
    return Array.isArray(value) ? value.join(";") : String(value);
  };
  const write = (): void => {
    const names = columns();
    const rowOf = (run: string, status: string, settings: Settings, rest: Cells): Row =>
      new Map([
        ["run", run],
        ["status", status],
        ...names.map((name) => [optionOf(name).slice(2), text(settings, name)] as const),
        ...rest,
      ]);
    const rows = [
      ...[...records].map(([run, record]) => rowOf(run, "done", record.settings, resultsOf(record))),
      ...[...failures].map(([run, { settings, message }]) =>
        rowOf(run, "failed", settings, [["message", message]]),
      ),
    ];
    rows.sort((a, b) => (String(a.get("run")) < String(b.get("run")) ? -1 : 1));
    const head = [...new Set(rows.flatMap((row) => [...row.keys()]))];
    const lines = [head, ...rows.map((row) => head.map((name) => row.get(name)))];
    const csv = lines.map((line) => `${line.map(quoted).join(",")}\n`).join("");
    writeAtomically(join(out, "runs.csv"), [new TextEncoder().encode(csv)]);
  };
  if (records.size > 0) write();
  return {
    add: (run, settings) => {
      if (run.status === "failed") failures.set(run.run, { settings, message: run.message });
      else records.set(run.run, { settings, done: run.done });
      write();
    },
  };
};
