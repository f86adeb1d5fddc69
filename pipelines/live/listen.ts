/** @file The port that a server listens at: the one that was asked for, or the first free one from a number that is easy to remember. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { codeOf, reasonOf } from "../files/fileErrors.ts";
import type { Place } from "./place.ts";

export const loopback = "127.0.0.1";

const firstPort = 4321;

/** Ports that are tried where none was asked for. */
const tries = 100;

const listening = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

const refused = (port: number, host: string, error: unknown): RangeflowFailure => {
  const code = codeOf(error);
  if (code === "EADDRINUSE")
    return new RangeflowFailure(
      problem("--port", `${port}, which is in use`, "a free port", "name another, or leave it out"),
    );
  if (code === "EACCES")
    return new RangeflowFailure(
      problem("--port", `${port}, which this user may not use`, "a port from 1024 on", "name another"),
    );
  return new RangeflowFailure(
    problem(
      "--host",
      `${host}, where nothing can listen (${reasonOf(error)})`,
      "an address of this machine, such as 127.0.0.1 or 0.0.0.0",
    ),
  );
};

/**
 * Makes a server listen, and gives the number of its port.
 *
 * @throws `RangeflowFailure` if that port, or every one that was tried, is in use, or the host is none of this machine
 */
export const listen = async (server: Server, { port, host = loopback }: Place): Promise<number> => {
  for (let n = 0; ; n++) {
    const one = port ?? firstPort + n;
    try {
      return await listening(server, one, host);
    } catch (error) {
      const isTaken = codeOf(error) === "EADDRINUSE";
      if (port !== undefined || !isTaken || n === tries - 1) throw refused(one, host, error);
    }
  }
};

/** The address that a browser opens. */
export const urlOf = (host: string, port: number): string => {
  const name = host === "0.0.0.0" || host === "::" ? loopback : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/`;
};
