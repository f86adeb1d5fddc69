/** @file One method for a person to read: what it is, from where, and each of its options with bounds, default and help. */
import type { Entry } from "../../core/entry.ts";
import { expectedOf, type Option, type Options } from "../../core/options.ts";
import { table } from "../report/table.ts";
import { wrapped } from "./wrapped.ts";

/** Description of a method, a user's own as well as a built-in one. */
export interface Method extends Partial<Pick<Entry<unknown>, "summary" | "source" | "note">> {
  /** Name as it is written where the method is used: `inHindsight`, `inHindsight(E)`, `./fold.ts`. */
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

/** All options as they are written behind a name: `decay=0.9,lo=..,hi=..`. */
const written = (options: Options): string =>
  Object.entries(options)
    .map(([name, { default: fallback = ".." }]) => `${name}=${fallback}`)
    .join(",");

/** A method with all of its options, and how they are written. */
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
    : `${heading}\n\n${optionTable(options)}\n\nWritten ${title}:${written(options)}; what is left out has its default.`;
};

/** The narrowest column of summaries; on a terminal without room for it they stand below their names. */
const narrowest = 40;

/** A titled list of methods: the name, and beside it summary and source, wrapped into lines of at most `columns` characters. */
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
