/** @file One method for a person to read: what it is, from where, and each of its options with bounds, default and help. */
import type { Entry } from "../../core/entry.ts";
import { expectedOf, type Option, type Options } from "../../core/options.ts";
import { table } from "../report/table.ts";

/** Description of a method, a user's own as well as a built-in one. */
export interface Method extends Partial<Pick<Entry<unknown>, "summary" | "source" | "note">> {
  /** Name as it is written where the method is used: `inHindsight`, `inHindsight(E)`, `./fold.ts`. */
  readonly title: string;
  /** Kind of method, in a few words. */
  readonly kind: string;
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
  summary = "",
  source = "",
  note = "",
  options,
}: Method): string => {
  const heading = [`${title}: ${kind}`, summary, source, note].filter((line) => line !== "").join("\n");
  return Object.keys(options).length === 0
    ? `${heading}\nIt has no options.`
    : `${heading}\n\n${optionTable(options)}\n\nWritten ${title}:${written(options)}; what is left out has its default.`;
};
