import { isBuiltIn, isExperimentFile, type RunSource } from "../experiments/source.ts";
import { shellWord } from "../files/shellWord.ts";
import { optionOf, settingNames } from "../settings/settings.ts";
import { fileNamesIn, isDataFile } from "../settings/userFiles.ts";
import type { Arguments } from "./args.ts";

/** Options that say where things lie, how much of a machine is used, or that others train the rest: nothing that a result hangs on. */
const local = ["out", "chart", "markdown", "jobs", "json", "only-finished"];

/** The line that asks for the same again, on any machine: where data lie is left to whoever runs it. */
export const commandLine = (command: string, { texts, flags, lists, positionals }: Arguments): string =>
  [
    `npx rangeflow ${command}`,
    ...positionals.map(shellWord),
    ...Object.entries(texts)
      .filter(([name]) => !local.includes(name))
      .map(([name, value]) => `--${name} ${name === "data-dir" ? "DIR" : shellWord(value)}`),
    ...Object.entries(flags)
      .filter(([name]) => !local.includes(name))
      .map(([name, value]) => (value ? `--${name}` : `--no-${name}`)),
    ...Object.entries(lists).flatMap(([name, values]) =>
      values.map((value) => `--${name} ${shellWord(value)}`),
    ),
  ].join(" ");

/**
 * The line that goes on with a run: with the files that were named, because a run that is opened executes no others.
 *
 * @param source what was asked for
 */
export const resumingLine = (out: string, source: RunSource, isTrusted: boolean): string => {
  const file = isExperimentFile(source) ? [shellWord(source.file)] : [];
  const given: Readonly<Record<string, unknown>> = isBuiltIn(source)
    ? source.wanted
    : isExperimentFile(source)
      ? source.changes
      : {};
  const named = settingNames
    .filter((name) => fileNamesIn({ [name]: given[name] }).some((file) => !isDataFile(file)))
    .flatMap((name) => [given[name]].flat().map((value) => `${optionOf(name)} ${shellWord(String(value))}`));
  const trust = isTrusted ? ["--trust"] : [];
  return ["rangeflow train", ...file, "--resume --out", shellWord(out), ...named, ...trust].join(" ");
};
