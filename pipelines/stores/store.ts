/**
 * @file The store of a study: the place of its finished runs, which many machines can access. It contains the complete state; a queue
 *   only says what may be done next.
 *
 * A run is trained in attempts. Each attempt has a unique number, larger than all before it, and a directory that no other attempt writes
 * to. One attempt is committed, once and as a whole. An older attempt can tell that it is not the latest, and gives up.
 */
import { problem, RangeflowFailure } from "../../core/errors.ts";

/** A run in a store. */
export interface StoredRun {
  /** Name of its directory. */
  readonly name: string;
  /** Key that is unique in the store, such as the hash of its identity. Attempts are numbered per key. */
  readonly runId: string;
}

/**
 * Result of a commit. `same`, `other`: the run was committed before, by another attempt or a local `compare`, with the same or with other
 * results; this attempt's are discarded. `superseded`: a newer attempt has begun, or has removed what this one has written.
 */
export type Commit = "committed" | "same" | "other" | "superseded";

/** One attempt to train a run. */
export interface Attempt {
  /** Fencing token: larger than that of every earlier attempt. */
  readonly number: number;
  /** Local directory in which the run is trained, with what the previous attempt had saved. */
  readonly dir: string;
  /** Saves the current files of the run where the next attempt finds them. */
  readonly save: () => Promise<void>;
  /** Whether no other attempt has begun since. */
  readonly isNewest: () => Promise<boolean>;
  /** Commits the finished run in `dir` to the store, unless the run is committed already or a newer attempt has begun. */
  readonly commit: () => Promise<Commit>;
  /** Removes what exists only on this machine, after training has ended. Saved and committed files stay. */
  readonly leave: () => Promise<void>;
}

/** Kinds of documents next to the runs. */
export type DocumentKind = "study" | "jobs" | "failed" | "files";

/** Name of the document of kind `study` with the text of `study.json`. */
export const planDocument = "plan";

/** Small texts next to the runs, by kind and name. */
export interface Documents {
  /** Names of all documents of a kind. */
  readonly list: (kind: DocumentKind) => Promise<readonly string[]>;
  /** Text of a document; undefined if there is none. */
  readonly read: (kind: DocumentKind, name: string) => Promise<string | undefined>;
  /** Writes a document as a whole, replacing an existing one. */
  readonly write: (kind: DocumentKind, name: string, text: string) => Promise<void>;
  /** Writes a document unless it exists. Returns whether it did. */
  readonly writeNew: (kind: DocumentKind, name: string, text: string) => Promise<boolean>;
  readonly remove: (kind: DocumentKind, name: string) => Promise<void>;
}

/** A store. All functions reject with `RangeflowFailure` if the store refuses. */
export interface Store {
  /** Place of the store, as messages and other machines name it. */
  readonly place: string;
  /** Local directory of the fetched committed runs; for a directory store the store itself. */
  readonly dir: string;
  /** Names of the committed runs. */
  readonly committed: () => Promise<ReadonlySet<string>>;
  /** Fetches a committed run into `dir`: its record only, or everything. */
  readonly fetch: (name: string, part: "record" | "whole") => Promise<void>;
  /** Fetches all committed runs into `dir`, and removes those that are no longer committed. */
  readonly fetchAll: (part: "record" | "whole") => Promise<void>;
  /** Begins the next attempt of a run with the most advanced saved state; undefined if the run is committed. */
  readonly begin: (run: StoredRun) => Promise<Attempt | undefined>;
  readonly documents: Documents;
}

/** Whether a name is safe as a part of a path. Names come from queues that others write to. */
const isPlain = (name: string): boolean => /^[\w=,+-][\w=,+.-]{0,239}$/.test(name);

const notPlain = (where: string, name: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      `the name ${JSON.stringify(name.slice(0, 80))}`,
      "letters, digits and =,+.-_ that do not begin with a dot, at most 240 of them",
    ),
  );

/** @throws `RangeflowFailure` if the name of a run, or its key, is invalid as a directory name */
export const checkRun = ({ name, runId }: StoredRun): void => {
  for (const text of [name, runId]) if (!isPlain(text)) throw notPlain("run of a study", text);
};

/**
 * The name of a document.
 *
 * @throws `RangeflowFailure` if it is invalid as a file name
 */
export const checkDocument = (name: string): string => {
  if (!isPlain(name) || name.endsWith(".partial")) throw notPlain("document of a study", name);
  return name;
};

/** Failure for a commit of an unfinished run. */
export const notEnded = (dir: string): RangeflowFailure =>
  new RangeflowFailure(problem(dir, "no done.json", "a run that has ended", "train it to its end first"));
