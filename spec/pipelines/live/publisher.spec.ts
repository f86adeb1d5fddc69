/** @file Who looks at a run gets its view, and what changes: late, slow, again, for hours. */
import { deepStrictEqual } from "node:assert";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { delayAfter } from "../../../pipelines/live/pacing.ts";
import { type Publisher, publisher, type Reader } from "../../../pipelines/live/publisher.ts";
import { finished, newGeneration } from "../../../pipelines/live/shownRun.ts";
import { bytesUsed } from "../../support/heapUsed.ts";
import { copied, type Told, told } from "./reader.ts";
import { simulated } from "./simulated.ts";

const test = suite("live/publisher");

interface Member extends Told {
  readonly reader: Reader;
  /** Bytes that it was sent. */
  readonly bytes: () => number;
}

/** A reader that takes everything at once, or says after each message that it is full. */
const joined = (
  published: Publisher,
  { isSlow = false, last = undefined as string | undefined } = {},
): Member => {
  const one = told();
  let bytes = 0;
  const write = (some: Uint8Array): boolean => {
    bytes += some.length;
    one.take(some);
    return !isSlow;
  };
  return { ...one, reader: published.join({ write }, last), bytes: () => bytes };
};

test("a reader gets the whole history when it joins, and then what is new, if anything is", () => {
  const run = simulated(3);
  const published = publisher(run.shown);
  const first = joined(published);
  run.go(50);
  published.publish();
  const late = joined(published);
  published.publish();
  run.go(1);
  published.publish();
  published.publish();
  assert.equal(first.events(), ["view", "changes", "changes"]);
  assert.equal(late.events(), ["view", "changes"]);
  for (const each of [first, late]) deepStrictEqual(each.view(), copied(run.open.view()));
  run.end(finished);
  published.publish();
  published.publish();
  assert.equal(first.events().length, 4);
  assert.equal(late.status(), finished);
});

test("who is slow misses updates, is told its rate, and has the same view as who is fast in the end", () => {
  const run = simulated(4, 64);
  const published = publisher(run.shown);
  const fast = joined(published);
  const slow = joined(published, { isSlow: true });
  for (let tick = 1; tick <= 30; tick++) {
    run.go(7);
    if (tick % 3 === 0) slow.reader.drained();
    published.publish();
  }
  assert.is(fast.events().length, 31);
  assert.equal(fast.rates(), []);
  assert.is(slow.events().filter((name) => name !== "rate").length, 11);
  assert.equal(slow.rates(), [3], "every third update, which it is told once");
  run.go(1);
  slow.reader.drained();
  assert.not(published.isDelivered());
  published.flush();
  assert.not(published.isDelivered(), "the last message is on its way");
  slow.reader.drained();
  assert.ok(published.isDelivered());
  for (const each of [fast, slow]) deepStrictEqual(each.view(), copied(run.open.view()));
  for (let tick = 0; tick < 2; tick++) {
    run.go(1);
    slow.reader.drained();
    published.publish();
  }
  assert.equal(slow.rates(), [3, 1], "it has become quick again");
});

test("who comes again with the id of its last event gets what it has missed, and all where that is of another run", () => {
  const run = simulated(2);
  const published = publisher(run.shown);
  const before = joined(published);
  run.go(20);
  published.publish();
  before.reader.leave();
  run.go(5);
  const again = joined(published, { last: before.id()! });
  assert.equal(again.events(), ["changes"]);
  assert.ok(again.bytes() < before.bytes());
  for (const last of ["", "nonsense", `${newGeneration()}.1`, `${before.id()!.split(".")[0]}.999999`])
    assert.equal(joined(published, { last }).events(), ["view"], last);
});

test("a view that begins anew is told as a whole", () => {
  let run = simulated(2);
  const published = publisher(() => run.shown());
  const reader = joined(published);
  run.go(9);
  published.publish();
  run = simulated(3);
  run.go(4);
  published.publish();
  assert.equal(reader.events(), ["view", "changes", "view"]);
  deepStrictEqual(reader.view(), copied(run.open.view()));
});

test("nobody looks: nothing is asked for", () => {
  let asked = 0;
  const run = simulated(1);
  const published = publisher(() => {
    asked++;
    return run.shown();
  });
  published.publish();
  const { reader } = joined(published);
  assert.is(asked, 1);
  reader.leave();
  published.publish();
  published.beat();
  assert.is(asked, 1);
  assert.is(published.readers(), 0);
});

test("what three readers lack is encoded once, and beats say nothing", () => {
  const run = simulated(2);
  const published = publisher(run.shown);
  const written: Uint8Array[][] = [[], [], []];
  for (const mine of written) published.join({ write: (bytes) => mine.push(bytes) > 0 });
  for (let tick = 0; tick < 2; tick++) {
    run.go(3);
    published.publish();
  }
  const [a, b, c] = written.map((mine) => mine.at(-1)!);
  assert.ok(a === b && b === c);
  const reader = joined(published);
  published.beat();
  assert.is(reader.beats(), 1);
  assert.equal(reader.events(), ["view"]);
});

test("updates come twice a second, and as seldom as their share of the thread asks for", () => {
  const pace = { every: 500, share: 0.01 };
  assert.equal(
    [0, 5, 5.5, 20, 1000].map((ms) => delayAfter(ms, pace)),
    [500, 500, 550, 2000, 5000],
  );
});

test("two hours of a run with one reader that is fast, one that is slow and one that is stuck: memory is flat", () => {
  const [seconds, stepsPerSecond] = [7200, 12];
  const run = simulated(6, 128);
  const published = publisher(run.shown);
  const fast = joined(published);
  const slow = joined(published, { isSlow: true });
  const stuck = joined(published, { isSlow: true });
  const used: number[] = [];
  for (let second = 0; second < seconds; second++) {
    for (let half = 0; half < 2; half++) {
      run.go(stepsPerSecond / 2);
      published.publish();
    }
    if (second % 5 === 0) slow.reader.drained();
    if (second % 600 === 599) used.push(bytesUsed());
  }
  const least = (of: readonly number[]): number => Math.min(...of) / 1e6;
  const growth = least(used.slice(6)) - least(used.slice(0, 6));
  console.log(`two hours: ${used.map((bytes) => (bytes / 1e6).toFixed(1)).join(", ")} MB every 10 minutes`);
  // A queue of what the stuck reader has not taken would be tens of MB; what a process collects late is one or two.
  assert.ok(growth < 3, `${growth.toFixed(2)} MB more in the second hour than in the first`);
  assert.is(run.open.fold.view().steps, seconds * stepsPerSecond);
  assert.equal(stuck.events(), ["view"], "nothing is sent that is not taken");
  slow.reader.drained();
  published.flush();
  for (const each of [fast, slow]) deepStrictEqual(each.view(), copied(run.open.view()));
});

test.run();
