/**
 * @file Tasks: work that is written once, for engines that answer at once and for those that answer later.
 *
 * A task is a generator. It waits with `yield* wait(value)`, where `value` is what an engine or an estimator has given: the value
 * itself, which then costs about 10 ns, or a promise of it. `drive` runs a task; where nothing in it comes later the
 * whole of it runs at once, so a step on a CPU stays synchronous, and an error reaches its caller as from any function.
 *
 *     function* meanOf(x: Expr): Task<number> {
 *       const { channelSums } = yield* wait(engine.run(x, { channelSums: { around } }));
 *       const { first } = yield* wait(channelSums);
 *       return first[0] / countOf(x);
 *     }
 */
import { all, type Eventual, isPromise } from "../../core/eventual.ts";

/** Work that gives a `T` and yields each promise that it waits for; it goes on with what the promise gives, or throws what it fails with. */
export type Task<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** Operand of `yield*`: it gives a `T`, after the promises that it yields. */
export interface Wait<T> {
  readonly [Symbol.iterator]: () => Iterator<PromiseLike<unknown>, T, unknown>;
}

/** A value that is there: an iteration that has ended. Five times as quick as a generator that yields nothing. */
class Ready<T> {
  readonly done = true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): this {
    return this;
  }
}

function* later<T>(promise: PromiseLike<T>): Task<T> {
  return (yield promise) as T;
}

/**
 * The value of something that may come later, in a task: `const x = yield* wait(engine.read(tensor))`.
 *
 * @throws what its promise fails with, where the task waits
 */
export const wait = <T>(value: Eventual<T>): Wait<T> => (isPromise(value) ? later(value) : new Ready(value));

/** Goes on with a task whenever the promise that it waits for is settled, until it has ended. */
const follow = <T>(task: Task<T>, first: PromiseLike<unknown>): Promise<T> =>
  new Promise((resolve, reject) => {
    const waitFor = (promise: PromiseLike<unknown>): void => {
      promise.then(
        (value) => goOn(() => task.next(value)),
        (error) => goOn(() => task.throw(error)),
      );
    };
    const goOn = (resume: () => IteratorResult<PromiseLike<unknown>, T>): void => {
      try {
        const { done, value } = resume();
        if (done) resolve(value);
        else waitFor(value);
      } catch (error) {
        reject(error);
      }
    };
    waitFor(first);
  });

/**
 * Runs a task: gives its value at once if nothing in it comes later, and otherwise a promise of it.
 *
 * @throws what the task throws before it waits; later than that, the promise fails with it
 * @example
 * function* sum(a: Eventual<number>, b: Eventual<number>): Task<number> {
 *   return (yield* wait(a)) + (yield* wait(b));
 * }
 * drive(sum(1, 2)); // 3
 * await drive(sum(1, Promise.resolve(2))); // 3
 */
export const drive = <T>(task: Task<T>): Eventual<T> => {
  const { done, value } = task.next();
  return done ? value : follow(task, value);
};

/** Whether a function has given a task; a user's own may have given nothing at all. */
export const isTask = <T extends object>(work: Task<T> | T): work is Task<T> =>
  work !== undefined && work !== null && "next" in work;

/** The value of a task, or of a function that had nothing to wait for: `const y = yield* resultOf(op.forward(x))`. */
export const resultOf = <T extends object>(work: Task<T> | T): Wait<T> => (isTask(work) ? work : wait(work));

/** The values of several tasks that are under way at the same time: each runs until it waits before the next one begins. */
export const waitAll = <T>(tasks: readonly Task<T>[]): Wait<readonly T[]> => wait(all(tasks.map(drive)));
