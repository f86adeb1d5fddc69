/**
 * @file What a worker runs, as text, since tools rename what functions refer to and a worker has nothing but its text.
 *
 * An order is a number that grows. Whoever sees a new one in its line of `words` replays the calls of `list` on an instance of
 * its own, with its own share, scratch and tables, leaves what its sinks have counted in `seen`, and answers with the order. It
 * looks for the next one for a moment before it sleeps, since orders come in quick succession.
 */

/** Words in the line of a worker: its own share is number 1 or more, line 0 is not used. */
export const lineWords = 16;
/** Number of the latest order. */
export const orderWord = 0;
/** Number of the latest order that the worker has carried out. */
export const doneWord = 1;
/** 1 as soon as the worker waits for orders. */
export const readyWord = 2;
/** Characters of the message in `text` of what has gone wrong. */
export const failedWord = 3;
/** Bytes that there was no room for. */
export const refusedWord = 4;
/** Most characters of a message. */
export const lineCharacters = 256;

/** Words in front of the calls in `list`: where they end, number of shares, and scratch: where it begins, bytes for each worker. */
export const listHead = 4;
/** Numbers that a worker leaves of what its sinks have seen: clipped, least, greatest, not finite. */
export const seenNumbers = 4;

/** Arguments that the program of a worker is called with. */
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

/** The text of the function that a worker runs: it carries out orders for ever. */
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
