import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { newHolder } from "../../../pipelines/files/holder.ts";
import { freed, lockOf } from "../../../pipelines/files/lock.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("lock of a directory");

const module = fileURLToPath(new URL("../../../pipelines/files/lock.js", import.meta.url));
const pathIn = (dir: string): string => join(dir, "lock.json");

/** A directory with a lock of someone else. */
const held = (holder: object | string, dir = scratch()): string => {
  writeFileSync(pathIn(dir), typeof holder === "string" ? holder : JSON.stringify(holder));
  return dir;
};

const elsewhere = { ...newHolder(), pidNamespace: "pid:[1]", pid: 1 };

const refusal = async (dir: string, expiry?: number): Promise<string> => {
  try {
    await lockOf(dir, expiry);
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as RangeflowFailure).message;
  }
  return assert.unreachable("taken twice") as never;
};

const taken = async (dir: string, expiry?: number): Promise<void> => {
  (await lockOf(dir, expiry)).release();
  assert.not(existsSync(pathIn(dir)));
};

/** The number of a process that has ended. */
const ended = spawnSync("true").pid;

test("a directory belongs to one process, until it is released", async () => {
  const dir = scratch();
  const lock = await lockOf(dir);
  assert.match(
    await refusal(dir),
    new RegExp(`^${dir}: in use by process ${process.pid}, expected a directory that no other process`),
  );
  assert.is(JSON.parse(readFileSync(pathIn(dir), "utf8")).pid, process.pid);
  lock.check();
  lock.release();
  await taken(dir);
});

test("the lock of a process that has ended counts for nothing, also where its number is another's by now", async () => {
  await taken(held({ ...newHolder(), pid: ended }));
  await taken(held({ ...newHolder(), started: "1" }));
});

test("a holder in another container or on another host binds as long as it gives signs of life", async () => {
  for (const holder of [elsewhere, { ...newHolder(), host: "elsewhere", boot: "other" }]) {
    const dir = held(holder);
    let time = 1e9 + Date.now() / 1000;
    const beating = setInterval(() => utimesSync(pathIn(dir), time, ++time), 50);
    assert.match(await refusal(dir), /in use by process \d+ (of another container|on elsewhere), expected/);
    clearInterval(beating);
    await taken(dir, 200);
  }
});

test("a lock of long ago, or half of one, needs no watching", async () => {
  for (const holder of [elsewhere, "{", "", JSON.stringify({ ...newHolder(), token: "../../x" })]) {
    const dir = held(holder);
    utimesSync(pathIn(dir), 1e9, 1e9);
    await taken(dir);
  }
});

test("of many processes that see the same dead lock one alone takes it over", async () => {
  const rounds = 12;
  const home = scratch();
  for (let i = 0; i < rounds; i++) {
    mkdirSync(join(home, `${i}`));
    held({ ...newHolder(), pid: ended }, join(home, `${i}`));
  }
  const program = `import { lockOf } from ${JSON.stringify(module)};
    const [home, begin] = [process.argv[1], Number(process.argv[2])];
    const won = [];
    for (let i = 0; i < ${rounds}; i++) {
      while (Date.now() < begin + 25 * i);
      await lockOf(home + "/" + i).then(() => won.push(i), () => {});
    }
    console.log(won.join());
    process.stdin.resume().on("end", () => process.exit());`;
  const begin = String(Date.now() + 700);
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", program, home, begin]),
  );
  const winners = await Promise.all(
    children.map(async ({ stdout }) => {
      const line = await new Promise((resolve) => stdout.once("data", resolve));
      return String(line).trim().split(",").filter(Boolean).map(Number);
    }),
  );
  for (const { stdin } of children) stdin.end();
  assert.equal(
    winners.flat().sort((a, b) => a - b),
    Array.from({ length: rounds }, (_, i) => i),
  );
});

test("who has lost a lock is told before it writes, and leaves the lock of another alone", async () => {
  const [gone, replaced] = [scratch(), scratch()];
  const [first, second] = [await lockOf(gone), await lockOf(replaced)];
  rmSync(pathIn(gone));
  assert.match(
    sentenceOf(() => first.check()),
    /its lock file is gone, expected a directory that belongs to this run/,
  );
  rmSync(pathIn(replaced));
  held(elsewhere, replaced);
  assert.match(
    sentenceOf(() => second.check()),
    /taken over by process 1 of another container/,
  );
  first.release();
  second.release();
  assert.ok(existsSync(pathIn(replaced)));
});

test("a lock that is a link to another file is refused, and the file left alone", async () => {
  const dir = scratch();
  writeFileSync(join(dir, "precious"), "precious");
  symlinkSync(join(dir, "precious"), pathIn(dir));
  assert.match(await refusal(dir), /lock\.json: cannot be written \(is a symbolic link\)/);
  assert.is(readFileSync(join(dir, "precious"), "utf8"), "precious");
});

test("who waits for a directory is told when its holder has ended", async () => {
  const child = spawn("sleep", ["0.3"]);
  /** The state of the process and when it was started; nothing of one that is gone. */
  const stat = (): readonly string[] => {
    const path = `/proc/${child.pid}/stat`;
    const text = existsSync(path) ? readFileSync(path, "latin1") : "";
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  };
  const started = stat()[19];
  const state = await freed(held({ ...newHolder(), pid: child.pid, started })).then(() => stat()[0]);
  assert.ok(state === "" || state === "Z", state);
  await freed(scratch());
});

const unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const hasNamespaces = spawnSync(unshare[0]!, [...unshare.slice(1), "true"]).status === 0;

(hasNamespaces ? test : test.skip)(
  "a real container: its living process 1 binds, and no longer when it was killed",
  async () => {
    const dir = scratch();
    const program = `import { lockOf } from ${JSON.stringify(module)};
      await lockOf(process.argv[1]); console.log(process.pid); setInterval(() => {}, 1000);`;
    const child = spawn(unshare[0]!, [
      ...unshare.slice(1),
      ...[process.execPath, "--input-type=module", "-e", program, dir],
    ]);
    const pid = await new Promise((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
    assert.is(pid, 1);
    assert.match(await refusal(dir), /in use by process 1 of another container/);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("close", resolve));
    await taken(dir, 1500);
  },
);

test.run();
