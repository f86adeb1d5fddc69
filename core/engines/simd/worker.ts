/**
 * @file The program of a worker, as text: bundlers rename what functions refer to, and a worker has only its own text.
 *
 * An order is an increasing number. A worker that sees a new one in its line of `words` replays the calls in `list` on an instance
 * of its own, with its own share, scratch space and tables, writes the counts of its sinks to `seen`, and answers with the number.
 * It polls for the next order for a moment before it sleeps, because orders come in quick succession.
 */

/** Words per worker. Workers have numbers from 1; line 0 is not used. */
export const lineWords = 16;
/** Index of the latest order. */
export const orderWord = 0;
/** Index of the latest order carried out by the worker. */
export const doneWord = 1;
/** Index of a flag, 1 once the worker waits for orders. */
export const readyWord = 2;
/** Index of the length of the error message in `text`. */
export const failedWord = 3;
/** Index of the number of bytes for which there was no room. */
export const refusedWord = 4;
/** Maximum length of a message. */
export const lineCharacters = 256;

/** Numbers before the calls in `list`: their end, the number of shares, and the start and size per worker of the scratch space. */
export const listHead = 4;
/** Numbers that a worker writes for its sinks: clipped, minimum, maximum, not finite. */
export const seenNumbers = 4;

/** Arguments of a worker's program. */
export interface Given {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly home: number;
  readonly bytes: number;
  readonly share: number;
  readonly words: Int32Array;
  readonly list: Float64Array;
  readonly seen: Float64Array;
  readonly text: Uint16Array;
}

/** Source text of the function that a worker runs; it carries out orders forever. */
export const program = `({ module, memory, home, bytes, share, words, list, seen, text }) => {
  const line = ${lineWords} * share;
  const refuse = (wanted) => {
    words[line + ${refusedWord}] = wanted;
    throw new Error("no room");
  };
  const kernels = new WebAssembly.Instance(module, { env: { memory, home, refuse } }).exports;
  const calls = Object.values(kernels);
  kernels.multiplyBytes(bytes);

  const obey = () => {
    const [end, shares, scratch, room] = list;
    kernels.open(scratch + (share - 1) * room, scratch + share * room);
    kernels.beginShare(share, shares);
    for (let at = ${listHead}; at < end; ) {
      const call = calls[list[at]];
      const next = at + 1 + call.length;
      Reflect.apply(call, undefined, list.subarray(at + 1, next));
      at = next;
    }
    const { clippedCount, observedMin, observedMax, notFiniteCount } = kernels;
    seen.set([clippedCount() >>> 0, observedMin(), observedMax(), notFiniteCount() >>> 0], ${seenNumbers} * share);
  };

  const report = (error) => {
    const message = String(error).slice(0, ${lineCharacters});
    for (let i = 0; i < message.length; i++) text[${lineCharacters} * share + i] = message.charCodeAt(i);
    words[line + ${failedWord}] = message.length;
  };

  const say = (word, value) => {
    Atomics.store(words, line + word, value);
    Atomics.notify(words, line + word);
  };

  say(${readyWord}, 1);
  for (let order = 0; ; ) {
    for (let looks = 2000; looks > 0 && Atomics.load(words, line) === order; looks--);
    Atomics.wait(words, line, order);
    order = Atomics.load(words, line);
    try {
      obey();
    } catch (error) {
      report(error);
    }
    say(${doneWord}, order);
  }
}`;
