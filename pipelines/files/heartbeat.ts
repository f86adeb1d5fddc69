/** @file Heartbeat: a thread touches a file so that others see a living process, since training leaves the main thread no time. */
import { Worker } from "node:worker_threads";

/** Milliseconds between beats. */
export const beatEvery = 1000;

interface Beat {
  readonly path: string;
  /** Inode of the file. Another file of the same name is left alone. */
  readonly inode: number;
  readonly every: number;
}

/** Program of the thread; it must be self-contained. It ends when the file is gone or cannot be touched. */
const program = (fs: typeof import("node:fs"), { path, inode, every }: Beat): void => {
  const file = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
  const beat = (): void => {
    const now = Date.now() / 1000;
    fs.futimesSync(file, now, now);
  };
  if (fs.fstatSync(file).ino === inode) setInterval(beat, every);
};

/** Touches a file until it is stopped, or the process ends. */
export const heartbeat = (path: string, inode: number): { readonly stop: () => void } => {
  const text = `(${program})(require("node:fs"), require("node:worker_threads").workerData)`;
  const workerData: Beat = { path, inode, every: beatEvery };
  const thread = new Worker(text, { eval: true, workerData, execArgv: [] });
  thread.unref();
  thread.on("error", () => {});
  return { stop: () => void thread.terminate() };
};
