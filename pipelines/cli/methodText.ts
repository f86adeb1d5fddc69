/** @file Methods as text: one in full, with the bounds, default and help of each option, or lists of names and summaries. */
import type { Entry } from "../../core/entry.ts";
import { expectedOf, type Option, type Options } from "../../core/options.ts";
import { table } from "../text/table.ts";
import { wrapped } from "./wrapped.ts";

/** Description of a built-in method or of one from a user's file. */
export interface Method extends Partial<Pick<Entry<unknown>, "summary" | "source" | "note">> {
  /** Name as written in settings: `inHindsight`, `inHindsight(E)`, `./fold.ts`. */
  readonly title: string;
  /** Kind of method, in a few words. */
  readonly kind: string;
  /** Sentence on what the levels of a quantizer follow. */
  readonly levels?: string;
  readonly options: Options;
}

const fallbackText = ({ default: fallback, optional }: Option): string =>
  fallback !== undefined ? String(fallback) : optional === true ? "none" : "must be given";

const optionTable = (options: Options): string =>
  table(
    ["option", "takes", "default", "what it does"],
    Object.entries(options).map(([name, option]) => [
      name,
      expectedOf(option),
      fallbackText(option),
      option.help,
    ]),
  );

/** All options as they follow a name: `decay=0.9,lo=..,hi=..`. */
const written = (options: Options): string =>
  Object.entries(options)
    .map(([name, { default: fallback = ".." }]) => `${name}=${fallback}`)
    .join(",");

/** A method with all of its options, and their syntax. */
export const methodText = ({
  title,
  kind,
  levels = "",
  summary = "",
  source = "",
  note = "",
  options,
}: Method): string => {
  const heading = [`${title}: ${kind}`, summary, source, note, levels]
    .filter((line) => line !== "")
    .join("\n");
  return Object.keys(options).length === 0
    ? `${heading}\nIt has no options.`
    : `${heading}\n\n${optionTable(options)}\n\nWritten ${title}:${written(options)}; options that are left out have their defaults.`;
};

/** Least width of the column of summaries; on a narrower terminal summaries are below the names. */
const narrowest = 40;

/** A titled list of methods: name, summary and source, wrapped to lines of at most `columns` characters. */
export const namedList = (
  title: string,
  entries: readonly Pick<Entry<unknown>, "name" | "summary" | "source">[],
  columns: number,
): string => {
  const widest = Math.max(...entries.map(({ name }) => name.length));
  const isBeside = columns - widest - 4 >= narrowest;
  const indent = isBeside ? widest + 4 : 4;
  const lines = entries.flatMap(({ name, summary, source }) => {
    const text = wrapped(source === "" ? summary : `${summary} (${source})`, columns - indent).map(
      (line) => `${" ".repeat(indent)}${line}`,
    );
    return isBeside
      ? [`  ${name.padEnd(widest)}${(text[0] ?? "").slice(widest + 2)}`, ...text.slice(1)]
      : [`  ${name}`, ...text];
  });
  return [`${title}:`, ...lines].join("\n");
};
