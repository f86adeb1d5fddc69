import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Eventual } from "../../../core/eventual.ts";
import { drive, type Task, wait, waitAll } from "../../../operators/step/task.ts";

const test = suite("task");

const later = <T>(value: T): Eventual<T> => Promise.resolve(value);

function* sum(...values: readonly Eventual<number>[]): Task<number> {
  let total = 0;
  for (const value of values) total += yield* wait(value);
  return total;
}

test("a task whose values are there runs at once, one within another too", () => {
  function* twice(): Task<number> {
    return 2 * (yield* sum(1, 2, 3));
  }
  assert.is(drive(twice()), 12);
});

test("a task waits for what comes later, in the order in which it is written", async () => {
  const said: string[] = [];
  function* speaking(): Task<void> {
    said.push("begins");
    said.push(yield* wait(later("waited")));
    said.push(yield* wait("at once"));
    said.push(yield* wait(later("waited again")));
  }
  const done = drive(speaking());
  said.push("caller goes on");
  await done;
  assert.equal(said, ["begins", "caller goes on", "waited", "at once", "waited again"]);
});

test("undefined and null are values like any other, now and later", async () => {
  function* two(a: Eventual<unknown>, b: Eventual<unknown>): Task<readonly unknown[]> {
    return [yield* wait(a), yield* wait(b)];
  }
  assert.equal(drive(two(undefined, null)), [undefined, null]);
  assert.equal(await drive(two(later(undefined), later(null))), [undefined, null]);
});

test("a promise that fails is thrown where the task waits, which may catch it and go on", async () => {
  function* catching(): Task<string> {
    try {
      yield* wait(Promise.reject(new Error("lost device")));
      return "unreached";
    } catch (error) {
      return `${(error as Error).message}, then ${yield* wait(later("found"))}`;
    }
  }
  assert.is(await drive(catching()), "lost device, then found");
});

test("what a task throws reaches its caller: at once before it waits, by the promise afterwards", async () => {
  function* failing(first: Eventual<string>): Task<never> {
    throw new Error(yield* wait(first));
  }
  assert.throws(() => drive(failing("now")), "now");
  const message = await Promise.resolve(drive(failing(later("later")))).catch(
    (error: Error) => error.message,
  );
  assert.is(message, "later");
});

test("a task that failed and was not caught ends: `finally` runs once", async () => {
  const said: string[] = [];
  function* closing(): Task<void> {
    try {
      yield* wait(Promise.reject(new Error("lost")));
    } finally {
      said.push("closed");
    }
  }
  await Promise.resolve(drive(closing())).catch(() => said.push("failed"));
  assert.equal(said, ["closed", "failed"]);
});

test("waitAll has all tasks under way before it waits, and gives their values in order", async () => {
  const said: string[] = [];
  function* saying(name: string, value: Eventual<number>): Task<number> {
    said.push(`${name} begins`);
    const there = yield* wait(value);
    said.push(`${name} ends`);
    return there;
  }
  function* both(a: Eventual<number>, b: Eventual<number>): Task<readonly number[]> {
    return yield* waitAll([saying("a", a), saying("b", b)]);
  }
  assert.equal(drive(both(1, 2)), [1, 2]);
  said.length = 0;
  assert.equal(await drive(both(later(1), 2)), [1, 2]);
  assert.equal(said, ["a begins", "b begins", "b ends", "a ends"]);
});

test("a hundred thousand waits in a row do not grow the stack, now or later", async () => {
  const ones = Array.from({ length: 100_000 }, () => 1);
  assert.is(drive(sum(...ones)), 100_000);
  assert.is(await drive(sum(...ones.map(later))), 100_000);
});

test.run();
