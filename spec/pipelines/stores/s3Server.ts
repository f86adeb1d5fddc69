/** @file An S3 service for specs: moto, which pip installs, on a free port of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { python } from "../files/scratch.ts";

export interface S3Server {
  readonly endpoint: string;
  readonly stop: () => void;
}

/** The bucket that is there. */
export const bucket = "rangeflow-spec";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
};

const answers = async (endpoint: string, child: ChildProcess): Promise<boolean> => {
  for (let looks = 0; looks < 300 && child.exitCode === null; looks++) {
    if (await fetch(endpoint).catch(() => undefined)) return true;
    await sleep(100);
  }
  return false;
};

/** One request at a time: moto looks for an object and stores it in two steps, between which another of its threads may come. */
const program = (port: number): string => `
import threading
import moto.server as server

serve = server.run_simple

def one_at_a_time(host, port, app, **options):
    lock = threading.Lock()
    def locked(environ, start_response):
        with lock:
            return app(environ, start_response)
    serve(host, port, locked, **options)

server.run_simple = one_at_a_time
server.main(["-H", "127.0.0.1", "-p", "${port}"])
`;

/** Starts the service, and points this process to it; undefined where Python has no moto. */
export const s3Server = async (): Promise<S3Server | undefined> => {
  if (python("import moto.server") === undefined) return undefined;
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn("python3", ["-c", program(port)], { stdio: "ignore" });
  const stop = (): void => void child.kill("SIGKILL");
  process.once("exit", stop);
  if (!(await answers(endpoint, child))) return undefined;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "testing",
    AWS_SECRET_ACCESS_KEY: "testing",
  });
  const client = new S3Client({ region: "us-east-1", forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { endpoint, stop };
};
