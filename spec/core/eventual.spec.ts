import { suite } from "uvu";
import * as assert from "uvu/assert";
import { after, all, type Eventual, eventually, expectSync } from "../../core/eventual.ts";

const test = suite("eventual");

const later = <T>(value: T): Eventual<T> => Promise.resolve(value);

test("a value that is here is emitted within the subscription", () => {
  const seen: unknown[] = [];
  eventually(7).subscribe({ next: (value) => seen.push(value), complete: () => seen.push("done") });
  assert.equal(seen, [7, "done"]);
});

test("a value that comes later is emitted when it comes", async () => {
  const seen: unknown[] = [];
  await new Promise<void>((done) => {
    eventually(later(7)).subscribe({ next: (value) => seen.push(value), complete: done });
    seen.push("subscribed");
  });
  assert.equal(seen, ["subscribed", 7]);
});

test("a promise that fails is an error of the stream", async () => {
  const message = await new Promise((done) =>
    eventually(Promise.reject(new Error("lost device"))).subscribe({ error: (e: Error) => done(e.message) }),
  );
  assert.is(message, "lost device");
});

test("after and all stay synchronous while everything is here", () => {
  assert.is(
    after(3, (n) => n + 1),
    4,
  );
  assert.equal(all([1, 2]), [1, 2]);
});

test("after and all wait for what is not", async () => {
  assert.is(await after(later(3), (n) => n + 1), 4);
  assert.equal(await all([1, later(2), 3]), [1, 2, 3]);
});

test("expectSync gives a value that is there, and refuses a promise", () => {
  assert.is(expectSync(4), 4);
  assert.throws(() => expectSync(later(4)), /^internal: /);
});

test("an object that has a field named then, but no function, is a value", () => {
  // biome-ignore lint/suspicious/noThenProperty: it is what must be told from a promise
  const value = { then: 5 };
  let seen: unknown;
  eventually<typeof value>(value).subscribe((found) => {
    seen = found;
  });
  assert.is(seen, value);
});

test.run();
