/** @file Options of the command line as tables, and what arguments say about them. */

import type { OwnOptionName } from "../settings/commandOptions.ts";

/** Values that completions offer; others may be allowed as well. */
export interface Completable {
  readonly values?: readonly string[];
  /** Kind of path that the value is, if it may be one. */
  readonly path?: "file" | "directory";
}

/** An option as help, parser and completions know it; `many` may be repeated, a `flag` is true or false. */
export interface Option extends Completable {
  readonly name: string;
  readonly kind: "text" | "flag" | "many";
  readonly help: string;
  /** Placeholder of its value in the help, such as `N` or `DIR`. */
  readonly value?: string;
  /** One letter that stands for it, after a single dash. */
  readonly letter?: string;
  /** Whether the help leaves it out: an option that is read only to say why it is none here. */
  readonly hidden?: boolean;
  /** Heading that the help lists it under; by default it is an option of the command itself. */
  readonly group?: string;
}

/** An option of a command itself, whose name no experiment of a file may take. */
export interface OwnOption extends Option {
  readonly name: OwnOptionName;
}

/** Arguments that were read against a table of options: values by the names of their options, without dashes. */
export interface Arguments {
  readonly texts: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly positionals: readonly string[];
}

export const isFlag = ({ kind }: Option): boolean => kind === "flag";
