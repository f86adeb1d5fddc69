/** @file A Redis of a spec's own, on a port of loopback that is free. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether there is a server to start; specs of sweeps are skipped without. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** A port that nobody listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it, and removes what it has written. */
  readonly close: () => Promise<void>;
}

/** Starts a server, which answers when the promise resolves. @param args options of `redis-server` */
export const redisServer = async (args: readonly string[] = []): Promise<RedisServer> => {
  const [port, dir] = [await freePort(), mkdtempSync(join(tmpdir(), "rangeflow-redis-"))];
  const server = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", ...args],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  await new Promise<void>((resolve) => {
    server.stdout.on("data", (text) => {
      if (/Ready to accept connections/.test(String(text))) resolve();
    });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    process: server,
    close: async () => {
      const ended = new Promise((resolve) => server.on("close", resolve));
      server.kill("SIGKILL");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
