/**
 * @file Who looks at a run, and what each of them has got of it: the whole view once, then what has changed since.
 *
 * Nothing queues up. A reader that has not taken its last message gets none, and the next one holds all that it has missed, because
 * what is remembered of a reader is a version and not what was sent. What several readers lack is encoded once for all of them.
 */
import type { ChangesMessage, LiveEvent, WholeMessage } from "../views/liveMessage.ts";
import { packed } from "../views/packed.ts";
import { isNothing } from "../views/viewChanges.ts";
import type { ShownRun } from "./shownRun.ts";

/** The way to one reader. */
export interface Sink {
  /** Takes bytes; false says that it wants no more until it calls `drained`. */
  readonly write: (bytes: Uint8Array) => boolean;
}

export interface Reader {
  /** Says that the bytes so far are on their way. */
  readonly drained: () => void;
  readonly leave: () => void;
}

export interface Publisher {
  /**
   * Takes a reader, and gives it what it lacks.
   *
   * @param last id of the last event that it has got, in a connection before this one
   */
  readonly join: (sink: Sink, last?: string) => Reader;
  /** Gives everyone what is new who takes it; who does not has missed an update. */
  readonly publish: () => void;
  /** The same where nothing is missed, because what comes is the last that there is. */
  readonly flush: () => void;
  /** Says something that means nothing, so that connections are not taken for dead. */
  readonly beat: () => void;
  readonly readers: () => number;
  /** Whether everyone has got everything. */
  readonly isDelivered: () => boolean;
}

interface Open {
  readonly sink: Sink;
  generation: string | undefined;
  version: number;
  status: ShownRun["status"] | undefined;
  isFull: boolean;
  /** Updates in a row that it was not ready for. */
  skipped: number;
  /** It was told that it gets every n-th update. */
  rate: number;
}

const text = new TextEncoder();

const eventText = (event: LiveEvent, data: string): Uint8Array =>
  text.encode(`event: ${event}\ndata: ${data}\n\n`);

const messageText = (id: string, event: LiveEvent, message: WholeMessage | ChangesMessage): Uint8Array =>
  text.encode(`id: ${id}\nevent: ${event}\ndata: ${Buffer.from(packed(message)).toString("base64")}\n\n`);

/** Generation and version of an id of ours. */
const placeIn = (id: string | undefined): Pick<Open, "generation" | "version"> => {
  const [, generation, version] = /^(.+)\.(\d+)$/.exec(id ?? "") ?? [];
  return { generation, version: Number(version ?? 0) };
};

/**
 * A publisher without readers.
 *
 * @param shown the run as it is now; asked for only while there are readers
 */
export const publisher = (shown: () => ShownRun): Publisher => {
  const all = new Set<Open>();

  /** What is new, encoded once for each place that readers are at. */
  const edition = () => {
    const { open, generation, status } = shown();
    const version = open.endVersion();
    const id = `${generation}.${version}`;
    const known = new Map<string, Uint8Array | undefined>();
    const made = (since: number | undefined, isTold: boolean): Uint8Array | undefined => {
      const changes = since === undefined ? undefined : open.changesSince(since);
      if (changes === undefined) return messageText(id, "view", { status, view: open.view() });
      return isTold && isNothing(changes) ? undefined : messageText(id, "changes", { status, changes });
    };
    return {
      generation,
      version,
      status,
      /** Undefined where there is nothing to say. */
      for: (reader: Open): Uint8Array | undefined => {
        const since =
          reader.generation === generation && reader.version <= version ? reader.version : undefined;
        const isTold = reader.status === status;
        const key = `${since} ${isTold}`;
        if (!known.has(key)) known.set(key, made(since, isTold));
        return known.get(key);
      },
    };
  };

  const write = (reader: Open, bytes: Uint8Array): void => {
    if (!reader.sink.write(bytes)) reader.isFull = true;
  };

  const give = (reader: Open, news: ReturnType<typeof edition>): void => {
    const bytes = news.for(reader);
    if (bytes === undefined) return;
    const rate = reader.skipped + 1;
    if (rate !== reader.rate) write(reader, eventText("rate", String(rate)));
    write(reader, bytes);
    const { generation, version, status } = news;
    Object.assign(reader, { generation, version, status, rate, skipped: 0 });
  };

  /** Gives everyone what is new who takes it, and the others to `missing`. */
  const giveAll = (missing: (reader: Open) => void): void => {
    if (all.size === 0) return;
    const news = edition();
    for (const reader of all)
      if (reader.isFull) missing(reader);
      else give(reader, news);
  };

  return {
    join: (sink, last) => {
      const reader: Open = { sink, ...placeIn(last), status: undefined, isFull: false, skipped: 0, rate: 1 };
      all.add(reader);
      give(reader, edition());
      return {
        drained: () => {
          reader.isFull = false;
        },
        leave: () => {
          all.delete(reader);
        },
      };
    },
    publish: () =>
      giveAll((reader) => {
        reader.skipped++;
      }),
    flush: () => giveAll(() => {}),
    beat: () => {
      for (const reader of all) if (!reader.isFull) write(reader, text.encode(":\n\n"));
    },
    readers: () => all.size,
    isDelivered: () => {
      if (all.size === 0) return true;
      const news = edition();
      return [...all].every((reader) => !reader.isFull && news.for(reader) === undefined);
    },
  };
};
