/**
 * @file A store of a study: the place where its runs end, which many machines can reach. What lies there is the truth; a queue only says
 * what might be done next.
 *
 * A run is trained in attempts. Each has a number of its own, which is larger than those before it, and a directory that no other attempt
 * writes to. One attempt is committed, once and as a whole; an older one can tell that it is not the newest, and gives up.
 */

/** A run, as a store knows it. */
export interface StoredRun {
  /** Name of its directory. */
  readonly name: string;
  /** Hash of its identity. */
  readonly runId: string;
}

/** How a commit went: `same` and `other` where another attempt was committed before, with the same results or with others. */
export type Commit = "committed" | "same" | "other" | "superseded";

/** One try to train a run. */
export interface Attempt {
  /** Fencing token: larger than that of every attempt before. */
  readonly number: number;
  /** Directory on this machine in which the run is trained; it holds what the attempt before had saved. */
  readonly dir: string;
  /** Puts what the run has written so far where the next attempt finds it. */
  readonly save: () => Promise<void>;
  /** Whether no other attempt has begun since. */
  readonly isNewest: () => Promise<boolean>;
  /** Makes the finished run in `dir` the one of the store, unless it has one already or a newer attempt has begun. */
  readonly commit: () => Promise<Commit>;
}

/** Kinds of documents beside the runs. */
export type DocumentKind = "study" | "jobs" | "failed" | "files";

/** Small texts beside the runs, by kind and name. */
export interface Documents {
  /** Names of all documents of a kind. */
  readonly list: (kind: DocumentKind) => Promise<readonly string[]>;
  /** Text of a document; undefined if there is none. */
  readonly read: (kind: DocumentKind, name: string) => Promise<string | undefined>;
  /** Writes a document as a whole, in place of one that is there. */
  readonly write: (kind: DocumentKind, name: string, text: string) => Promise<void>;
  /** Writes a document unless one is there; whether it did. */
  readonly writeNew: (kind: DocumentKind, name: string, text: string) => Promise<boolean>;
  readonly remove: (kind: DocumentKind, name: string) => Promise<void>;
}

/** All of it rejects with `RangeflowFailure` where the store refuses. */
export interface Store {
  /** Place of the store, as sentences and other machines name it. */
  readonly place: string;
  /** Directory on this machine that holds the committed runs once they have been fetched; that of the store itself where it is one. */
  readonly dir: string;
  /** Names of the runs that are committed. */
  readonly committed: () => Promise<ReadonlySet<string>>;
  /** Brings a committed run into `dir`: its record alone, or all of it. */
  readonly fetch: (name: string, part: "record" | "whole") => Promise<void>;
  /** Begins the next attempt of a run; undefined where one is committed. */
  readonly begin: (run: StoredRun) => Promise<Attempt | undefined>;
  readonly documents: Documents;
}
