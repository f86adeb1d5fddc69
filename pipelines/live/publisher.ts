/**
 * @file Viewers of a run, and what each has received: the whole view once, then changes.
 *
 * Nothing queues up. A viewer that has not taken its last message is skipped, and its next message contains everything it has missed,
 * because the publisher remembers a version for each viewer and not what was sent. What several viewers lack is encoded once for all of
 * them.
 */
import type { ChangesMessage, LiveEvent, WholeMessage } from "../views/liveMessage.ts";
import { packed } from "../views/packed.ts";
import { isNothing } from "../views/viewChanges.ts";
import type { ShownRun } from "./shownRun.ts";

/** Connection to one viewer. */
export interface Sink {
  /** Writes bytes. False means that it accepts no more until it calls `drained`. */
  readonly write: (bytes: Uint8Array) => boolean;
}

export interface Reader {
  /** Reports that the bytes so far are on their way. */
  readonly drained: () => void;
  readonly leave: () => void;
}

export interface Publisher {
  /**
   * Adds a viewer and sends it what it lacks.
   *
   * @param last id of the last event that it received in an earlier connection
   */
  readonly join: (sink: Sink, last?: string) => Reader;
  /** Sends what is new to all viewers that are ready. The others miss an update. */
  readonly publish: () => void;
  /** The same for the last update, which is not counted as missed. */
  readonly flush: () => void;
  /** Sends a comment so that connections are not considered dead. */
  readonly beat: () => void;
  readonly readers: () => number;
  /** Whether all viewers have received everything. */
  readonly isDelivered: () => boolean;
}

interface Open {
  readonly sink: Sink;
  generation: string | undefined;
  version: number;
  status: ShownRun["status"] | undefined;
  isFull: boolean;
  /** Consecutive updates that it was not ready for. */
  skipped: number;
  /** Announced rate: it gets every n-th update. */
  rate: number;
}

const text = new TextEncoder();

const eventText = (event: LiveEvent, data: string): Uint8Array =>
  text.encode(`event: ${event}\ndata: ${data}\n\n`);

const messageText = (id: string, event: LiveEvent, message: WholeMessage | ChangesMessage): Uint8Array =>
  text.encode(`id: ${id}\nevent: ${event}\ndata: ${Buffer.from(packed(message)).toString("base64")}\n\n`);

/** Generation and version of an event id. */
const placeIn = (id: string | undefined): Pick<Open, "generation" | "version"> => {
  const [, generation, version] = /^(.+)\.(\d+)$/.exec(id ?? "") ?? [];
  return { generation, version: Number(version ?? 0) };
};

/**
 * A publisher without viewers.
 *
 * @param shown returns the current state of the run; called only while there are viewers
 */
export const publisher = (shown: () => ShownRun): Publisher => {
  const all = new Set<Open>();

  /** Encodes what is new, once for each version that viewers have. */
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
      /** Undefined if there is nothing to send. */
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

  /** Sends what is new to all viewers that are ready, and calls `missing` with the others. */
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
