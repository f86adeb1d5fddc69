import { isBuiltIn, isExperimentFile, type RunSource } from "../experiments/source.ts";
import { shellWord } from "../files/shellWord.ts";
import { isDataFile } from "../settings/namedFiles.ts";
import { optionOf, settingNames } from "../settings/settings.ts";
import { fileNamesIn } from "../settings/userFiles.ts";
import type { Arguments } from "./args.ts";

/** Options about paths, machine use or output, which do not affect results. */
const local = ["out", "chart", "markdown", "jobs", "json", "only-finished"];

/** The command line that reproduces a result on any machine; the data directory is left as `DIR`. */
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
 * The command line that resumes a run. It names the code files again, since a saved run executes no other files.
 *
 * @param source what was trained
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
