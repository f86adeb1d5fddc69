/** @file The laws of stores, for every kind: small runs of LeNet-5 are begun, stopped, taken over and committed. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { filter, firstValueFrom, lastValueFrom, share } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { canResume } from "../../../pipelines/runs/runDirectory.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { Attempt, Store, StoredRun } from "../../../pipelines/stores/store.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneIn, eventsOf, sameRows, small, stopsAfter } from "../runs.ts";

/** One kind of store. */
export interface StoreKind {
  readonly name: string;
  /** Opens a place that is new for each name, as one more machine would. */
  readonly open: (name: string) => Promise<Store>;
  /** Names of all that lies in a place, for what must not be left. */
  readonly namesIn: (name: string) => Promise<readonly string[]>;
}

export const run: StoredRun = { name: "bits=4.4.4,seed=1", runId: "0123456789abcdef-00000001" };

/** What a run that nobody disturbs ends with. */
export interface Undisturbed {
  readonly dir: string;
  readonly weights: string;
  readonly recording: string;
}

const ends = new Map<number, Promise<Undisturbed>>();

/** The end of the small run of a seed that nobody disturbs. */
export const undisturbed = (seed = 1): Promise<Undisturbed> => {
  const made = async (): Promise<Undisturbed> => {
    const dir = join(scratch(), "alone");
    doneIn(await eventsOf({ ...small, seed }, { out: dir }));
    const { done, recording } = doneRecordIn(dir)!;
    return { dir, weights: done.weightsSha256, recording: recording.sha256 };
  };
  if (!ends.has(seed)) ends.set(seed, made());
  return ends.get(seed)!;
};

/** Trains in the directory of an attempt to the end, from what was saved. */
export const finish = async ({ dir }: Attempt, seed = 1): Promise<void> => {
  doneIn(await eventsOf({ ...small, seed }, { out: dir, resume: canResume(dir) }));
};

/** Trains in the directory of an attempt for `n` batches more. */
export const trainFor = async (n: number, { dir }: Attempt): Promise<void> => {
  const events = await eventsOf(small, { out: dir, resume: canResume(dir), ...stopsAfter(n) });
  assert.is(events.at(-1)?.event, "stopped");
};

/** The attempt of a run that is not committed. */
export const begun = async (store: Store, which = run): Promise<Attempt> => {
  const attempt = await store.begin(which);
  assert.ok(attempt, "a run that is not committed");
  return attempt!;
};

/** A committed run has the bits of one that nobody disturbed, in all its files. */
export const isUndisturbed = async (store: Store, which = run, seed = 1): Promise<void> => {
  await store.fetch(which.name, "whole");
  const dir = join(store.dir, which.name);
  const { done, recording } = doneRecordIn(dir)!;
  const expected = await undisturbed(seed);
  assert.is(done.weightsSha256, expected.weights);
  assert.is(recording.sha256, expected.recording);
  sameRows(dir, expected.dir);
  assert.not.ok(readdirSync(dir).includes("lock.json"));
};

export const keepsTheLaws = ({ name, open, namesIn }: StoreKind): void => {
  const test = suite(`stores: ${name}`);

  test("a run is committed once, and then begun no more", async () => {
    const store = await open("once");
    assert.equal([...(await store.committed())], []);
    const attempt = await begun(store);
    assert.is(attempt.number, 1);
    assert.ok(await attempt.isNewest());
    await finish(attempt);
    assert.equal([...(await store.committed())], []);
    assert.is(await attempt.commit(), "committed");
    await attempt.leave();
    for (const each of [store, await open("once")]) {
      assert.equal([...(await each.committed())], [run.name]);
      assert.is(await each.begin(run), undefined);
    }
    await isUndisturbed(await open("once"));
  });

  test("attempts that begin at once have numbers of their own", async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => open("numbers")));
    const attempts = await Promise.all(stores.map((store) => begun(store)));
    const numbers = attempts.map(({ number }) => number);
    assert.is(new Set(numbers).size, 5, String(numbers));
    const newest = await Promise.all(attempts.map((attempt) => attempt.isNewest()));
    assert.equal(
      newest,
      numbers.map((number) => number === Math.max(...numbers)),
    );
  });

  test("another run that shares the beginning of its key is another run", async () => {
    const store = await open("keys");
    const other = { name: "bits=8.8.8,seed=1", runId: `${run.runId}-2` };
    assert.is((await begun(store, other)).number, 1);
    assert.is((await begun(store)).number, 1);
    assert.is((await begun(store, other)).number, 2);
  });

  test("a run that was stopped within an epoch goes on from there on another machine, to the same bits", async () => {
    const first = await begun(await open("stopped"));
    await trainFor(6, first);
    await first.save();
    const second = await begun(await open("stopped"));
    assert.is(second.number, 2);
    assert.not.ok(await first.isNewest());
    assert.ok(canResume(second.dir), "it goes on");
    // 4 batches and 3 of the test end the first epoch, 4 more are of the second.
    await trainFor(11, second);
    await second.save();
    const third = await begun(await open("stopped"));
    const events = await eventsOf(small, { out: third.dir, resume: true });
    const start = events.find(({ event }) => event === "start");
    assert.is(start?.event === "start" && start.step, 14, "it does not begin anew");
    assert.is(await third.commit(), "committed");
    await isUndisturbed(await open("stopped"));
  });

  test("a run is taken over while its first process goes on, which then commits nothing", async () => {
    const first = await begun(await open("both"));
    const going$ = train(builtIn({ ...small, epochs: 2 }), { out: first.dir }).pipe(share());
    const ended = lastValueFrom(going$).then(
      ({ event }) => event,
      (error: Error) => error.message,
    );
    await firstValueFrom(going$.pipe(filter(({ event }) => event === "epoch")));
    await first.save();
    const second = await begun(await open("both"));
    assert.ok(canResume(second.dir));
    await finish(second);
    const end = await ended;
    assert.not.ok(await first.isNewest());
    assert.is(await first.commit(), "superseded", String(end));
    assert.is(await second.commit(), "committed");
    assert.is.not(await first.commit(), "committed");
    await isUndisturbed(await open("both"));
  });

  test("an attempt that has ended is taken over whole, and need not train", async () => {
    const first = await begun(await open("ended"));
    await finish(first);
    await first.save();
    const second = await begun(await open("ended"));
    const events = await eventsOf(small, { out: second.dir, resume: true });
    assert.equal(
      events.map(({ event }) => event),
      ["finished", "done"],
    );
    assert.is(await first.commit(), "superseded");
    assert.is(await second.commit(), "committed");
    await isUndisturbed(await open("ended"));
  });

  test("an attempt that has saved nothing leaves nothing to go on from", async () => {
    await begun(await open("nothing"));
    const second = await begun(await open("nothing"));
    assert.is(second.number, 2);
    assert.equal(readdirSync(second.dir), []);
    await finish(second);
    assert.is(await second.commit(), "committed");
  });

  test("a run that has not ended is not committed", async () => {
    const store = await open("early");
    const attempt = await begun(store);
    await trainFor(3, attempt);
    assert.match(await failureOf(attempt.commit()), /no done\.json, expected a run that has ended/);
    assert.equal([...(await store.committed())], []);
  });

  test("nothing of an attempt is left behind a commit", async () => {
    const store = await open("left");
    await trainFor(3, await begun(store));
    const second = await begun(await open("left"));
    await finish(second);
    await second.save();
    assert.is(await second.commit(), "committed");
    await second.leave();
    const left = (await namesIn("left")).filter((path) => /attempt|removed/.test(path));
    assert.equal(
      left.filter((path) => !path.includes(`/${run.runId}/2/`)),
      [],
    );
  });

  test("of any number that write a document that is not there, one alone does", async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => open("documents")));
    const wrote = await Promise.all(
      stores.map(({ documents }, i) => documents.writeNew("study", "id", `study ${i}`)),
    );
    const winner = wrote.indexOf(true);
    assert.is(wrote.filter(Boolean).length, 1);
    for (const { documents } of stores) assert.is(await documents.read("study", "id"), `study ${winner}`);
    assert.equal(await stores[0]!.documents.list("study"), ["id"]);
  });

  test("documents are written, read, replaced, listed and removed", async () => {
    const { documents } = await open("texts");
    const other = (await open("texts")).documents;
    assert.is(await documents.read("jobs", "a"), undefined);
    assert.equal(await documents.list("jobs"), []);
    await documents.write("jobs", "a", "first");
    await documents.write("jobs", "a", "second, with ü and \u{1F642}");
    await documents.write("failed", "b", "");
    assert.is(await other.read("jobs", "a"), "second, with ü and \u{1F642}");
    assert.is(await other.read("failed", "b"), "");
    assert.is(await other.read("jobs", "b"), undefined);
    assert.equal(await other.list("jobs"), ["a"]);
    await other.remove("jobs", "a");
    await other.remove("jobs", "a");
    assert.is(await documents.read("jobs", "a"), undefined);
    assert.equal([...(await documents.list("jobs"))], []);
    assert.equal([...(await (await open("texts")).committed())], [], "documents are no runs");
  });

  test("names that lead elsewhere are refused", async () => {
    const store = await open("names");
    for (const bad of ["..", "../x", "a/b", "", ".hidden", "a\\b", "a\nb", "x".repeat(300)]) {
      const refused = /^(run|document) of a study: the name ".*", expected letters, digits/s;
      assert.match(await failureOf(store.begin({ ...run, name: bad })), refused);
      assert.match(await failureOf(store.begin({ ...run, runId: bad })), refused);
      assert.match(await failureOf(store.documents.read("jobs", bad)), refused);
      assert.match(await failureOf(store.documents.write("jobs", bad, "")), refused);
    }
    assert.match(await failureOf(store.documents.writeNew("jobs", "a.partial", "")), /a\.partial/);
  });

  test.run();
};
