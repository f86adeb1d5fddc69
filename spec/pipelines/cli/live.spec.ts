/** @file `train --live` and `watch` as people use them: what they print, when they end, and what they refuse. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, rangeflow, smallArgs } from "../runs.ts";

const test = suite("cli/live");
const home = scratch();
const out = join(home, "run");
const main = fileURLToPath(new URL("../../../pipelines/cli/main.js", import.meta.url));

test("train --live says where its page is, and what becomes of it; it ends when its run does", async () => {
  const {
    code,
    out: printed,
    err,
  } = await rangeflow(["train", ...smallArgs, "--out", out, "--live", "--port", "0"]);
  assert.is(code, 0, err);
  const lines = printed.trimEnd().split("\n");
  assert.match(lines[0]!, /^live at http:\/\/127\.0\.0\.1:\d+\/$/);
  assert.is(
    lines.at(-1),
    `the live page is closed; open tabs keep what they show; rangeflow watch ${out} serves it again, rangeflow report ${out} writes it to a file`,
  );
});

test("with --json standard output has nothing but events", async () => {
  const {
    code,
    out: printed,
    err,
  } = await rangeflow([
    ...[
      "train",
      ...smallArgs,
      "--epochs",
      "1",
      "--out",
      join(home, "json"),
      "--live",
      "--port",
      "0",
      "--json",
    ],
  ]);
  assert.is(code, 0, err);
  assert.equal(
    printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).event),
    ["start", "epoch", "done"],
  );
  assert.match(err, /^live at http:\/\/127\.0\.0\.1:\d+\/\nthe live page is closed; /);
});

test("watch serves a run, one that has ended, too, until it is told to stop", async () => {
  const child = spawn(process.execPath, [main, "watch", out, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const line = await new Promise<string>((resolve) =>
    child.stdout.once("data", (text) => resolve(String(text))),
  );
  const url = /^.* at (http:\S+), until Ctrl-C\n$/.exec(line)?.[1] ?? line;
  assert.match(await (await fetch(url)).text(), /<main /);
  child.kill("SIGINT");
  assert.is(await ended, 0);
});

test("what cannot be served is refused in a sentence, before anything is trained", async () => {
  const busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
  const { port } = busy.address() as AddressInfo;
  const cases: readonly (readonly [readonly string[], string])[] = [
    [
      ["train", "--port", "5000"],
      "--port: used without --live, expected only with --live; add --live, or leave it out.",
    ],
    [
      ["train", "--host", "::1"],
      "--host: used without --live, expected only with --live; add --live, or leave it out.",
    ],
    [["train", "--live", "--port", "web"], '--port: "web", expected a whole number from 0 to 65535.'],
    [["watch", home, "--port", "65536"], '--port: "65536", expected a whole number from 0 to 65535.'],
    [
      ["train", ...smallArgs, "--live", "--port", String(port), "--out", join(home, "busy")],
      `--port: ${port}, which is in use, expected a free port; name another, or leave it out.`,
    ],
    [["watch"], "rangeflow watch: no directory, expected the directory of a run: rangeflow watch RUN."],
    [
      ["watch", join(home, "none")],
      `${join(home, "none")}: no such file or directory, expected the directory of a run; check its name; rangeflow train --out creates it.`,
    ],
  ];
  for (const [args, sentence] of cases) {
    const { code, err } = await answerTo(args);
    assert.equal([code, err], [2, `${sentence}\n`], args.join(" "));
  }
  busy.close();
});

test.run();
