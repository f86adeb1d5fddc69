/**
 * @file Server of one page that shows a run in progress.
 *
 *     GET /        the page, which sends requests to this server only
 *     GET /view    the whole current view, packed and compressed
 *     GET /events  the view and its changes as server-sent events
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pageHtml } from "../report/reportPage.ts";
import { packed } from "../views/packed.ts";
import { listen, loopback, urlOf } from "./listen.ts";
import { type Pace, pacing } from "./pacing.ts";
import type { Place } from "./place.ts";
import { publisher } from "./publisher.ts";
import type { ShownRun } from "./shownRun.ts";

/** A server of one page. */
export interface PageServer {
  /** Address for a browser. */
  readonly url: string;
  /** Number of viewers. */
  readonly readers: () => number;
  /** Sends all viewers what is new, waits up to two seconds for the transfer, and closes. */
  readonly end: () => Promise<void>;
  readonly close: () => void;
}

/** Options of `pageServer`. */
export interface PageServerOptions extends Place, Pace {
  /** Called with an error of the server, which ends the server and nothing else. */
  readonly failed: (error: unknown) => void;
}

/** Content policy: nothing outside the page may be loaded, and requests go only to the server that the page comes from. */
const policy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'";

const headers = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** Milliseconds after which a page that has lost its server reconnects. */
const retry = 2000;

/** Milliseconds that slow viewers may take for the last update. */
const patience = 2000;

/** Largest number of viewers at a time. */
const mostReaders = 64;

const compressed = promisify(gzip);

/** Names of this machine. A foreign site that resolves its own name to this machine sends that name instead. */
const isOwnName = (host: string | undefined): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host ?? "");

const answer = (response: ServerResponse, code: number, sentence: string): void => {
  response.writeHead(code, { ...headers, "content-type": "text/plain; charset=utf-8" });
  response.end(`${sentence}\n`);
};

/**
 * Serves the page of a run.
 *
 * @param shown returns the current state of the run; called only while there are viewers
 * @throws `RangeflowFailure` if it cannot listen
 */
export const pageServer = async (
  shown: () => ShownRun,
  { failed, every, share, ...place }: PageServerOptions,
): Promise<PageServer> => {
  const { host = loopback } = place;
  const isLocal = isOwnName(host.includes(":") ? `[${host}]` : host);
  const published = publisher(shown);
  const streams = new Set<ServerResponse>();

  /** Errors while a run is shown end the server, never the run. */
  const failWith = (error: unknown): void => {
    close();
    failed(error);
  };
  const safely = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      failWith(error);
    }
  };
  const pace = pacing({ ...published, publish: () => safely(published.publish) }, { every, share });
  const page = (): string =>
    pageHtml(shown().open.name(), '<script id="live-events" type="text/plain">events</script>', policy);

  const listenTo = (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
    response.write(`retry: ${retry}\n\n`);
    const last = request.headers["last-event-id"];
    const reader = published.join(
      { write: (bytes) => response.write(bytes) },
      typeof last === "string" ? last : undefined,
    );
    streams.add(response);
    response.on("drain", reader.drained);
    response.on("close", () => {
      streams.delete(response);
      reader.leave();
    });
    pace.go();
  };

  const sendView = async (response: ServerResponse): Promise<void> => {
    const bytes = await compressed(packed(shown().open.view()));
    response.writeHead(200, {
      ...headers,
      "content-type": "application/octet-stream",
      "content-encoding": "gzip",
    });
    response.end(bytes);
  };

  /** Why a request is refused: status code and message. */
  const refusal = (
    { method, headers }: IncomingMessage,
    path: string,
  ): readonly [number, string] | undefined => {
    if (isLocal && !isOwnName(headers.host))
      return [403, `${headers.host} is not a name of this machine; use --host to serve others`];
    if (method !== "GET") return [405, "this server only shows a run"];
    if (path === "/events" && published.readers() >= mostReaders)
      return [503, `${mostReaders} pages look at this run, and that is all`];
    return ["/", "/view", "/events", "/favicon.ico"].includes(path)
      ? undefined
      : [404, "only / and /view are here"];
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url?.split("?")[0] ?? "/";
    const refused = refusal(request, path);
    if (refused) answer(response, ...refused);
    else if (path === "/events") listenTo(request, response);
    else if (path === "/view") void sendView(response).catch(failWith);
    else if (path === "/") {
      response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" });
      response.end(page());
    } else response.writeHead(204, headers).end();
  };

  const server: Server = createServer((request, response) => safely(() => handle(request, response)));
  const close = (): void => {
    pace.stop();
    server.close();
    server.closeAllConnections();
  };
  const port = await listen(server, place);
  /** Waits until a condition holds or the deadline has passed. */
  const until = async (moment: number, holds: () => boolean): Promise<void> => {
    while (!holds() && performance.now() < moment) await sleep(10);
  };
  return {
    url: urlOf(host, port),
    readers: published.readers,
    end: async () => {
      pace.stop();
      const last = performance.now() + patience;
      await until(last, () => {
        published.flush();
        return published.isDelivered();
      });
      for (const stream of streams) stream.end();
      await until(last, () => streams.size === 0);
      close();
    },
    close,
  };
};
