/** @file A reader of server-sent events, as the page is one: the view that it has been told. */
import type { ChangesMessage, RunStatus, WholeMessage } from "../../../pipelines/views/liveMessage.ts";
import { packed, unpacked } from "../../../pipelines/views/packed.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { withChanges } from "../../../pipelines/views/viewChanges.ts";

export interface Told {
  /** Takes bytes of the stream, wherever they are cut. */
  readonly take: (bytes: Uint8Array) => void;
  readonly view: () => RunView | undefined;
  readonly status: () => RunStatus | undefined;
  /** Names of the events so far. */
  readonly events: () => readonly string[];
  /** The rates that it was told. */
  readonly rates: () => readonly number[];
  /** Id of the last event that had one. */
  readonly id: () => string | undefined;
  /** Number of comments, which say nothing. */
  readonly beats: () => number;
}

const text = new TextDecoder("latin1");

/** A reader that has been told nothing yet. */
export const told = (): Told => {
  let rest = "";
  let view: RunView | undefined;
  let status: RunStatus | undefined;
  let id: string | undefined;
  let beats = 0;
  const events: string[] = [];
  const rates: number[] = [];

  const event = (lines: ReadonlyMap<string, string>): void => {
    const [name, data] = [lines.get("event"), lines.get("data") ?? ""];
    id = lines.get("id") ?? id;
    if (name === undefined) return;
    events.push(name);
    if (name === "rate") return void rates.push(Number(data));
    const message = unpacked(Buffer.from(data, "base64")) as WholeMessage & ChangesMessage;
    status = message.status;
    view = name === "view" ? message.view : view && withChanges(view, message.changes);
  };

  return {
    take: (bytes) => {
      const parts = (rest + text.decode(bytes)).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts)
        if (part === ":") beats++;
        else event(new Map(part.split("\n").map((line) => line.split(": ", 2) as [string, string])));
    },
    view: () => view,
    status: () => status,
    events: () => events,
    rates: () => rates,
    id: () => id,
    beats: () => beats,
  };
};

/** A copy of a view that does not go on to change. */
export const copied = (view: RunView): RunView => unpacked(packed(view)) as RunView;
