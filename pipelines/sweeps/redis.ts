/** @file Connection to Redis or Valkey. Its packages are loaded only when a queue is requested. */
import type { Redis } from "ioredis";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { codeOf } from "../files/fileErrors.ts";

/** The used parts of the packages. */
export interface Packages {
  readonly bullmq: Pick<typeof import("bullmq"), "Queue" | "Worker" | "UnrecoverableError" | "WaitingError">;
  readonly ioredis: Pick<typeof import("ioredis"), "Redis">;
}

const load = async (): Promise<Packages> => {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, ioredis };
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new RangeflowFailure(
      problem(
        "--queue",
        "no packages bullmq and ioredis to reach it with",
        "both installed beside rangeflow",
        "npm install bullmq ioredis",
      ),
    );
  }
};

/** An address, valid or not, without user and password, for messages. */
export const masked = (url: string): string =>
  url.replace(/^(\w+:\/+)?.*@/s, "$1...@").replace(/([?&](?:username|password)=)[^&]*/gi, "$1...");

/** Connection timeout in milliseconds. */
const patience = 5000;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "no host of that name",
  EAI_AGAIN: "no host of that name",
  ETIMEDOUT: "no answer",
  ECONNRESET: "the connection was closed",
};

const refused = (url: string, error: unknown): RangeflowFailure => {
  const message = error instanceof Error ? error.message : String(error);
  const where = `--queue ${masked(url)}`;
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(message))
    return new RangeflowFailure(
      problem(
        where,
        "a wrong password or none",
        "the user and password of the server",
        "redis://USER:PASSWORD@HOST:PORT",
      ),
    );
  const reason = reasons[codeOf(error) ?? ""] ?? (/timeout|timed out/i.test(message) ? "no answer" : message);
  return new RangeflowFailure(
    problem(where, `no Redis (${reason})`, "a running Redis or Valkey", "start one, or check the address"),
  );
};

/** Refuses a server that drops jobs when its memory is full, or that does not state its policy. */
const checkPolicy = async (url: string, client: Redis): Promise<void> => {
  const policy = /maxmemory_policy:(\S+)/.exec(await client.info("memory"))?.[1];
  if (policy === undefined || policy === "noeviction") return;
  throw new RangeflowFailure(
    problem(
      `--queue ${masked(url)}`,
      `a Redis that evicts keys when its memory is full (maxmemory-policy ${policy})`,
      "maxmemory-policy noeviction",
      "redis-cli config set maxmemory-policy noeviction, and in its redis.conf",
    ),
  );
};

/** Milliseconds between attempts to reach a lost server. */
const retryEvery = 500;

/** A server that was reached, and the packages to talk to it. */
export interface Connection extends Packages {
  readonly url: string;
  /** Makes a client that waits for a lost server. Each call makes a new one. */
  readonly client: () => Redis;
}

/**
 * Connects to a server.
 *
 * @param url `redis://` or `rediss://`, with user and password if required
 * @returns rejects with `RangeflowFailure` if the server cannot be reached, or may lose jobs
 */
export const connected = async (url: string): Promise<Connection> => {
  if (!/^(rediss?|valkeys?):\/\/[^/]/.test(url) || !URL.canParse(url))
    throw new RangeflowFailure(
      problem(
        "--queue",
        `"${masked(url)}"`,
        "redis://HOST or redis://HOST:PORT",
        "in a password, write / as %2F, @ as %40, : as %3A",
      ),
    );
  const packages = await load();
  const { Redis } = packages.ioredis;
  const address = url.replace(/^valkey/, "redis");
  const trial = new Redis(address, {
    ...{ lazyConnect: true, connectTimeout: patience, commandTimeout: patience },
    ...{ maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  let reason: unknown;
  trial.on("error", (error) => {
    reason ??= error;
  });
  try {
    await trial.connect();
    await checkPolicy(url, trial);
  } catch (error) {
    if (error instanceof RangeflowFailure) throw error;
    throw refused(url, reason ?? error);
  } finally {
    trial.disconnect();
  }
  return {
    ...packages,
    url,
    client: () =>
      new Redis(address, {
        ...{ connectTimeout: patience, maxRetriesPerRequest: null, retryStrategy: () => retryEvery },
      }),
  };
};
