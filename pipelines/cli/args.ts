/** @file Tables of command-line options, and the arguments that were read against them. */

import type { OwnOptionName } from "../settings/commandOptions.ts";

/** Values that shell completions offer; other values may be allowed as well. */
export interface Completable {
  readonly values?: readonly string[];
  /** Kind of path, if the value may be a path. */
  readonly path?: "file" | "directory";
}

/** An option, as used by help, parser and completions. `many` may be repeated; a `flag` is true or false. */
export interface Option extends Completable {
  readonly name: string;
  readonly kind: "text" | "flag" | "many";
  readonly help: string;
  /** Placeholder of the value in the help, such as `N` or `DIR`. */
  readonly value?: string;
  /** One-letter short form, after a single dash. */
  readonly letter?: string;
  /** Whether the help omits it: an option that is read only to explain why it does not apply. */
  readonly hidden?: boolean;
  /** Heading in the help. Default: the options of the command itself. */
  readonly group?: string;
}

/** An option of a command itself; experiment files cannot declare an option of that name. */
export interface OwnOption extends Option {
  readonly name: OwnOptionName;
}

/** Parsed arguments: values by option name, without dashes. */
export interface Arguments {
  readonly texts: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly positionals: readonly string[];
}

export const isFlag = ({ kind }: Option): boolean => kind === "flag";
