/** @file View of a run in progress, from its server: first the whole view, then changes. */
import type { ChangesMessage, RunStatus, WholeMessage } from "../views/liveMessage.ts";
import { unpacked } from "../views/packed.ts";
import type { RunView } from "../views/runView.ts";
import { withChanges } from "../views/viewChanges.ts";

/** Current knowledge of a run. */
export interface Live {
  readonly view: RunView;
  readonly status: RunStatus;
  /** False while the server cannot be reached. */
  readonly isConnected: boolean;
  /** This page gets every n-th update. */
  readonly rate: number;
}

/** Milliseconds after which a connection that the browser has given up is opened again. */
const patience = 3000;

const bytesIn = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * Follows a run. `listen` is called at every change.
 *
 * @param url URL of the server's events
 */
export const follow = (url: string, listen: (live: Live) => void): void => {
  let view: RunView | undefined;
  let status: RunStatus = { state: "live", text: "" };
  let rate = 1;
  const tell = (isConnected: boolean): void => {
    if (view) listen({ view, status, isConnected, rate });
  };
  const connect = (): void => {
    const events = new EventSource(url);
    const on = <M>(name: string, take: (message: M) => void): void =>
      events.addEventListener(name, ({ data }: MessageEvent<string>) => take(unpacked(bytesIn(data)) as M));
    const took = (told: RunStatus): void => {
      status = told;
      if (status.state === "finished") events.close();
      tell(true);
    };
    on<WholeMessage>("view", (message) => {
      view = message.view;
      took(message.status);
    });
    on<ChangesMessage>("changes", (message) => {
      view = view && withChanges(view, message.changes);
      took(message.status);
    });
    events.addEventListener("rate", ({ data }: MessageEvent<string>) => {
      rate = Number(data);
    });
    events.addEventListener("error", () => {
      tell(false);
      if (events.readyState === EventSource.CLOSED) setTimeout(connect, patience);
    });
  };
  connect();
};

/** State of a run in progress, `lost` if the server cannot be reached. The state of a finished run stays. */
export const liveState = ({ status, isConnected }: Live): RunStatus["state"] | "lost" =>
  status.state === "live" && !isConnected ? "lost" : status.state;

/** Short text about the state of a run. */
export const liveText = ({ view, status, isConnected, rate }: Live): string => {
  const slow = rate > 1 ? `; this tab gets every ${ordinal(rate)} update` : "";
  if (status.state !== "live") return status.text;
  if (!isConnected) return "connection lost, trying again";
  return view.steps === 0 ? `live, no step yet${slow}` : `live, step ${view.steps}${slow}`;
};

const ordinal = (n: number): string => {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${ending}`;
};
