import type { Arguments } from "./args.ts";

/** Options that say where things lie or how much of a machine is used: nothing that a result hangs on. */
const local = ["out", "chart", "markdown", "jobs", "json"];

const quoted = (text: string): string =>
  /^[\w./:=,+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The line that asks for the same again, on any machine: where data lie is left to whoever runs it. */
export const commandLine = (command: string, { texts, flags, lists }: Arguments): string =>
  [
    `npx rangeflow ${command}`,
    ...Object.entries(texts)
      .filter(([name]) => !local.includes(name))
      .map(([name, value]) => `--${name} ${name === "data-dir" ? "DIR" : quoted(value)}`),
    ...Object.entries(flags)
      .filter(([name]) => !local.includes(name))
      .map(([name, value]) => (value ? `--${name}` : `--no-${name}`)),
    ...Object.entries(lists).flatMap(([name, values]) => values.map((value) => `--${name} ${quoted(value)}`)),
  ].join(" ");
