/** @file The server of a page over HTTP: who reaches it, what they get, and what becomes of those who are slow or gone. */
import { deepStrictEqual } from "node:assert";
import { createServer, get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PageServer, type PageServerOptions, pageServer } from "../../../pipelines/live/pageServer.ts";
import { finished } from "../../../pipelines/live/shownRun.ts";
import { unpacked } from "../../../pipelines/views/packed.ts";
import { failureOf } from "../../support/failureOf.ts";
import { copied, type Told, told } from "./reader.ts";
import { type Simulated, simulated } from "./simulated.ts";

const test = suite("live/pageServer");

const open: PageServer[] = [];
test.after.each(() => {
  for (const server of open.splice(0)) server.close();
});

/** A server that updates as often as it can. */
const serving = async (run: Simulated, options: Partial<PageServerOptions> = {}): Promise<PageServer> => {
  const failed = (error: unknown): never => {
    throw error;
  };
  const server = await pageServer(run.shown, { port: 0, every: 5, share: 1, failed, ...options });
  open.push(server);
  return server;
};

const until = async (holds: () => boolean, what: string): Promise<void> => {
  for (const end = Date.now() + 10_000; !holds(); await sleep(5)) assert.ok(Date.now() < end, what);
};

const answer = (
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { headers, method }, resolve).on("error", reject));

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** A page that takes everything; `kill` ends its process, as far as the server can see. */
const tab = async (
  url: string,
  headers = {},
): Promise<Told & { readonly kill: () => void; isOver: boolean }> => {
  const response = await answer(`${url}events`, headers);
  const one = { ...told(), kill: () => void response.destroy(), isOver: false };
  response.on("data", one.take);
  response.on("error", () => {});
  response.on("close", () => {
    one.isOver = true;
  });
  return one;
};

test("/ is the page, which may ask its server only; /view the whole view, compressed; nothing else is there", async () => {
  const run = simulated(2);
  run.go(30);
  const { url } = await serving(run);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await answer(url);
  assert.match(page.headers["content-type"] ?? "", /^text\/html/);
  const html = String(await bodyOf(page));
  assert.match(html, /connect-src 'self'/);
  assert.match(html, /<title>simulated<\/title>/);
  const view = unpacked(gunzipSync(await bodyOf(await answer(`${url}view`))));
  deepStrictEqual(view, copied(run.open.view()));
  assert.is((await answer(`${url}runs`)).statusCode, 404);
  assert.is((await answer(url, {}, "POST")).statusCode, 405);
  assert.is((await answer(`${url}favicon.ico`)).statusCode, 204);
});

test("three pages, one of them late and one killed: the others have the view to its end, which ends their streams", async () => {
  const run = simulated(3);
  const server = await serving(run);
  const [first, killed] = [await tab(server.url), await tab(server.url)];
  for (let i = 0; i < 20; i++) {
    run.go(5);
    await sleep(2);
  }
  killed.kill();
  const late = await tab(server.url);
  await until(() => server.readers() === 2, "the killed page is forgotten");
  run.go(40);
  run.end(finished);
  await server.end();
  for (const each of [first, late]) {
    await until(() => each.isOver, "the stream ends");
    deepStrictEqual(each.view(), copied(run.open.view()));
    assert.equal(each.status(), finished);
  }
  assert.ok(first.events().length > 3, first.events().join());
  assert.is(server.readers(), 0);
});

test("a page that comes again with its last id gets what it has missed", async () => {
  const run = simulated(2);
  const { url } = await serving(run);
  const before = await tab(url);
  await until(() => before.events().length === 1, "the view");
  before.kill();
  run.go(3);
  const again = await tab(url, { "last-event-id": before.id() });
  await until(() => again.events().length > 0, "an event");
  assert.equal(again.events().slice(0, 1), ["changes"]);
});

test("a page that reads nothing holds nobody up, and nothing queues up for it", async () => {
  const run = simulated(60, 256);
  run.go(256);
  const server = await serving(run);
  const stuck = connect(Number(new URL(server.url).port), "127.0.0.1");
  stuck.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  stuck.pause();
  const fast = await tab(server.url);
  await until(() => server.readers() === 2, "both are there");
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 60; i++) {
    const had = fast.events().length;
    run.go(256);
    await until(() => fast.events().length > had, "the fast one goes on");
  }
  const megabytes = (process.memoryUsage().rss - before) / 1e6;
  run.end(finished);
  const since = performance.now();
  await server.end();
  const waited = performance.now() - since;
  deepStrictEqual(fast.view(), copied(run.open.view()));
  console.log(
    `a stuck page: ${megabytes.toFixed(0)} MB after 60 updates, ${waited.toFixed(0)} ms at the end`,
  );
  assert.ok(waited > 1500 && waited < 4000, `${waited}`);
  stuck.destroy();
});

test("programs of this machine alone reach it, and no page of another site whose name leads here", async () => {
  const run = simulated(1);
  const { url } = await serving(run);
  const { port } = new URL(url);
  for (const host of ["localhost", `localhost:${port}`, "127.0.0.1:9", "[::1]:80"])
    assert.is((await answer(url, { host })).statusCode, 200, host);
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "10.0.0.1"])
    assert.is((await answer(`${url}view`, { host })).statusCode, 403, host);
  const others = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.family === "IPv4" && !one.internal)
    .map((one) => one!.address);
  for (const address of others) {
    const refused = await answer(`http://${address}:${port}/`).catch((error) => error.code);
    assert.is(refused, "ECONNREFUSED", address);
  }
  const toAll = await serving(run, { host: "0.0.0.0" });
  assert.match(toAll.url, /^http:\/\/127\.0\.0\.1:/);
  assert.is((await answer(toAll.url, { host: "my-machine:80" })).statusCode, 200);
});

const refusalOf = (options: Partial<PageServerOptions>): Promise<string> =>
  failureOf(serving(simulated(1), options));

test("a port in use is a sentence where it was asked for, and else the next one is taken", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  try {
    assert.is(
      await refusalOf({ port }),
      `--port: ${port}, which is in use, expected a free port; name another, or leave it out.`,
    );
    const [a, b] = [
      await serving(simulated(1), { port: undefined as never }),
      await serving(simulated(1), { port: undefined as never }),
    ];
    const [first, second] = [a, b].map(({ url }) => Number(new URL(url).port));
    assert.ok(first! >= 4321 && second! > first!, `${first} ${second}`);
  } finally {
    other.close();
  }
  assert.match(await refusalOf({ host: "192.0.2.1" }), /^--host: 192\.0\.2\.1, where nothing can listen /);
});

test("what goes wrong while a run is shown ends the server alone", async () => {
  const errors: unknown[] = [];
  const run = simulated(1);
  let isBroken = false;
  const server = await pageServer(
    () => {
      if (isBroken) throw new Error("broken");
      return run.shown();
    },
    { port: 0, every: 5, share: 1, failed: (error) => errors.push(error) },
  );
  const page = await tab(server.url);
  isBroken = true;
  await until(() => page.isOver, "the stream ends");
  assert.equal(errors.map(String), ["Error: broken"]);
});

test("a view that cannot be made ends the server, and whoever has asked for it does not wait for ever", async () => {
  const errors: unknown[] = [];
  const run = simulated(2);
  run.go(3);
  const shown = run.shown();
  const server = await pageServer(
    () => ({
      ...shown,
      open: {
        ...shown.open,
        view: () => {
          throw new Error("broken");
        },
      },
    }),
    { port: 0, every: 5, share: 1, failed: (error) => errors.push(error) },
  );
  const error = await answer(`${server.url}view`).catch((error: unknown) => error);
  assert.instance(error, Error);
  assert.match(String(error), /socket hang up|ECONNRESET/);
  assert.equal(errors.map(String), ["Error: broken"]);
});

test.run();
