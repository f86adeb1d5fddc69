/** @file As much of an S3 service as stores ask for, in this process; it can be told to refuse, to lose answers, and to list a few keys at a time. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { objectsInMemory } from "./objectsInMemory.ts";

/** What happens to a request instead of an answer: an error of a status and a name, or the connection is cut once it was done. */
export type Trouble = { readonly status: number; readonly name: string } | "lost" | undefined;

export interface SmallS3 {
  readonly endpoint: string;
  readonly objects: ReturnType<typeof objectsInMemory>;
  /** Asked for each request, by its method and key. */
  trouble: (method: string, key: string) => Trouble;
  readonly stop: () => void;
}

const mostKeys = 3;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const bodyOf = async (request: IncomingMessage): Promise<Uint8Array> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** Starts the service, and points this process to it. */
export const smallS3 = async (): Promise<SmallS3> => {
  const objects = objectsInMemory();

  const listed = async (search: URLSearchParams): Promise<string> => {
    const all = await objects.list(search.get("prefix") ?? "");
    const from = Number(search.get("continuation-token") ?? 0);
    const keys = all.slice(from, from + mostKeys);
    const next = from + mostKeys;
    const more = next < all.length;
    const contents = keys.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join("");
    const rest = more ? `<NextContinuationToken>${next}</NextContinuationToken>` : "";
    return `<ListBucketResult>${contents}<IsTruncated>${more}</IsTruncated>${rest}</ListBucketResult>`;
  };

  const error = (status: number, name: string): readonly [number, string] => [
    status,
    `<Error><Code>${name}</Code><Message>${name}</Message></Error>`,
  ];

  const answer = async (
    request: IncomingMessage,
    key: string,
    search: URLSearchParams,
  ): Promise<readonly [status: number, body: string | Uint8Array]> => {
    const bytes = await bodyOf(request);
    if (request.method === "DELETE") {
      await objects.remove([key]);
      return [204, ""];
    }
    if (request.method === "PUT") {
      if (request.headers["if-none-match"] === "*")
        return (await objects.putNew(key, bytes)) ? [200, ""] : error(412, "PreconditionFailed");
      await objects.put(key, bytes);
      return [200, ""];
    }
    if (search.has("list-type")) return [200, await listed(search)];
    const found = await objects.get(key);
    return found ? [200, found] : error(404, "NoSuchKey");
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host");
    const key = decodeURIComponent(pathname.split("/").slice(2).join("/"));
    const trouble = service.trouble(request.method ?? "", key);
    const isError = trouble !== undefined && trouble !== "lost";
    const [status, body] = isError
      ? error(trouble.status, trouble.name)
      : await answer(request, key, searchParams);
    if (trouble === "lost") return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/xml" }).end(body);
  };

  const server = createServer((request, response) => void handle(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const service: SmallS3 = {
    endpoint: `http://127.0.0.1:${port}`,
    objects,
    trouble: () => undefined,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: service.endpoint,
    AWS_ACCESS_KEY_ID: "somebody",
    AWS_SECRET_ACCESS_KEY: "a secret that no sentence tells",
    AWS_EC2_METADATA_DISABLED: "true",
  });
  return service;
};
