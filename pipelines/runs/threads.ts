/** @file Workers for the engine's threads, in Node and in browsers. */
import type { Thread, Threads } from "../../core/threads.ts";

type Start = Threads["start"];

const inBrowser: Start = (program, given) => {
  const text = `onmessage = ({ data }) => (${program})(data)`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onerror = (event) => event.preventDefault();
  worker.postMessage(given);
  const terminate = (): void => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  return { terminate, hasEnded: () => false };
};

type NodeThreads = typeof import("node:worker_threads");

const inNode =
  ({ MessageChannel, Worker }: NodeThreads): Start =>
  (program, given): Thread => {
    const text = `(${program})(require("node:worker_threads").workerData)`;
    const { port1: line, port2: end } = new MessageChannel();
    const worker = new Worker(text, {
      eval: true,
      workerData: { ...given, end },
      transferList: [end],
      execArgv: [],
    });
    worker.unref();
    line.unref();
    worker.on("error", () => {});
    return {
      terminate: () => void worker.terminate(),
      // The message has no recipient. Whether the port is closed is known at once, without waiting for an event.
      hasEnded: () => (line.postMessage(undefined) as unknown) === false,
    };
  };

/** Least work of a thread's share in nanoseconds. Waking a sleeping thread and waiting for it takes about 40,000. */
const grain = 100_000;

/**
 * Threads for the engine `simd`, including the calling one. The engine ends its workers when it is disposed; otherwise they end with the
 * process.
 *
 * @param wanted number of threads. Default: `auto`, which measures how many help, since threads that share a core may not
 * @returns undefined for one thread, which needs no workers
 * @example
 * const engine = simd({ threads: await threads(4) });
 */
export const threads = async (wanted: Threads["wanted"] = "auto"): Promise<Threads | undefined> => {
  const isNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  const node = isNode ? await import("node:worker_threads") : undefined;
  const available = node ? (await import("node:os")).availableParallelism() : navigator.hardwareConcurrency;
  if ((wanted === "auto" ? available : wanted) === 1) return undefined;
  return {
    wanted,
    available,
    start: node ? inNode(node) : inBrowser,
    startsWhileWaiting: isNode,
    now: () => performance.now(),
    grain,
  };
};
