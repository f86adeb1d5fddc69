/**
 * @file A store of a study: the place where its runs end, which many machines can reach. What lies there is the truth; a queue only says
 * what might be done next.
 *
 * A run is trained in attempts. Each has a number of its own, which is larger than those before it, and a directory that no other attempt
 * writes to. One attempt is committed, once and as a whole; an older one can tell that it is not the newest, and gives up.
 */
import { problem, RangeflowFailure } from "../../core/errors.ts";

/** A run, as a store knows it. */
export interface StoredRun {
  /** Name of its directory. */
  readonly name: string;
  /** Key that no other run of the store has, such as the hash of its identity; its attempts are counted by it. */
  readonly runId: string;
}

/**
 * How a commit went: `same` and `other` where the run was committed before by another attempt or a local `compare`, with the same results or
 * with others, which are discarded; `superseded` where a newer attempt has begun, or has taken away what this one has written.
 */
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
  /** Makes the finished run in `dir` that of the store, unless it has one already or a newer attempt has begun. */
  readonly commit: () => Promise<Commit>;
  /** Removes what lies on this machine alone, once nothing is trained there any more. What was saved and committed stays. */
  readonly leave: () => Promise<void>;
}

/** Kinds of documents beside the runs. */
export type DocumentKind = "study" | "jobs" | "failed" | "files";

/** Name of the document of kind `study` that holds the text of its `study.json`. */
export const planDocument = "plan";

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
  /** Brings all committed runs into `dir`, and takes those away that are not committed any more. */
  readonly fetchAll: (part: "record" | "whole") => Promise<void>;
  /** Begins the next attempt of a run, on what is farthest of what others have saved; undefined where one is committed. */
  readonly begin: (run: StoredRun) => Promise<Attempt | undefined>;
  readonly documents: Documents;
}

/** Names are part of paths, and come from queues that others write to. */
const isPlain = (name: string): boolean => /^[\w=,+-][\w=,+.-]{0,239}$/.test(name);

const notPlain = (where: string, name: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      `the name ${JSON.stringify(name.slice(0, 80))}`,
      "letters, digits and =,+.-_ that do not begin with a dot, at most 240 of them",
    ),
  );

/** @throws `RangeflowFailure` if the name of a run, or its key, is none that a directory can have */
export const checkRun = ({ name, runId }: StoredRun): void => {
  for (const text of [name, runId]) if (!isPlain(text)) throw notPlain("run of a study", text);
};

/**
 * The name of a document.
 *
 * @throws `RangeflowFailure` if it is none that a file can have
 */
export const checkDocument = (name: string): string => {
  if (!isPlain(name) || name.endsWith(".partial")) throw notPlain("document of a study", name);
  return name;
};

/** A run that was to be committed before it has ended. */
export const notEnded = (dir: string): RangeflowFailure =>
  new RangeflowFailure(problem(dir, "no done.json", "a run that has ended", "train it to its end first"));
