/**
 * @file Tasks: code written once for engines that return values and for engines that return promises.
 *
 * A task is a generator. It waits with `yield* wait(value)` for the result of an engine or an estimator: a value, which costs about
 * 10 ns, or a promise. `drive` runs a task. If nothing in it is a promise, it runs synchronously, so a step on a CPU stays
 * synchronous, and errors reach its caller as from any function.
 *
 *     function* meanOf(x: Expr): Task<number> {
 *       const { channelSums } = yield* wait(engine.run(x, { channelSums: { around } }));
 *       const { first } = yield* wait(channelSums);
 *       return first[0] / countOf(x);
 *     }
 */
import { all, type Eventual, isPromise } from "../../core/eventual.ts";

/** A computation that returns a `T`. It yields each promise it waits for, and continues with its value, or throws its rejection. */
export type Task<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** Operand of `yield*`: returns a `T` after yielding promises. */
export interface Wait<T> {
  readonly [Symbol.iterator]: () => Iterator<PromiseLike<unknown>, T, unknown>;
}

/** An available value as a finished iteration. Five times as fast as a generator that yields nothing. */
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
 * Waits for a value in a task: `const x = yield* wait(engine.read(tensor))`.
 *
 * @throws the rejection of its promise, inside the task
 */
export const wait = <T>(value: Eventual<T>): Wait<T> => (isPromise(value) ? later(value) : new Ready(value));

/** Resumes a task whenever the promise it waits for is settled, until it has finished. */
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
 * Runs a task: returns its value at once if nothing in it is a promise, otherwise a promise of it.
 *
 * @throws what the task throws before its first promise; after that, the returned promise is rejected with it
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

/** Whether a function returned a task; a user's function may return nothing at all. */
export const isTask = <T extends object>(work: Task<T> | T): work is Task<T> =>
  work !== undefined && work !== null && "next" in work;

/** The result of a task or of a plain function: `const y = yield* resultOf(op.forward(x))`. */
export const resultOf = <T extends object>(work: Task<T> | T): Wait<T> => (isTask(work) ? work : wait(work));

/** The results of several tasks that run concurrently; each runs up to its first wait before the next one starts. */
export const waitAll = <T>(tasks: readonly Task<T>[]): Wait<readonly T[]> => wait(all(tasks.map(drive)));
