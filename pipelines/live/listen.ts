/** @file Makes a server listen at the requested port, or at the first free one from 4321. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { codeOf, reasonOf } from "../files/fileErrors.ts";
import type { Place } from "./place.ts";

export const loopback = "127.0.0.1";

const firstPort = 4321;

/** Number of ports that are tried if none was requested. */
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
 * Makes a server listen and returns its port.
 *
 * @throws `RangeflowFailure` if the port, or every port that was tried, is in use, or the host is not one of this machine
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

/** The address for a browser. */
export const urlOf = (host: string, port: number): string => {
  const name = host === "0.0.0.0" || host === "::" ? loopback : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/`;
};
