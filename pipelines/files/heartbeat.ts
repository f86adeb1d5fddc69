/** @file A sign of life that others see: the time of a file, renewed by a thread, since training leaves a process no time for it. */
import { Worker } from "node:worker_threads";

/** Milliseconds from beat to beat. */
export const beatEvery = 1000;

interface Beat {
  readonly path: string;
  /** The number of the file; another one of that name is left alone. */
  readonly inode: number;
  readonly every: number;
}

/** The program of the thread; it stands for itself. A file that is gone or cannot be touched ends it, and others see no more. */
const program = (fs: typeof import("node:fs"), { path, inode, every }: Beat): void => {
  const file = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
  const beat = (): void => {
    const now = Date.now() / 1000;
    fs.futimesSync(file, now, now);
  };
  if (fs.fstatSync(file).ino === inode) setInterval(beat, every);
};

/** Renews the time of a file until it is stopped, or the process ends. */
export const heartbeat = (path: string, inode: number): { readonly stop: () => void } => {
  const text = `(${program})(require("node:fs"), require("node:worker_threads").workerData)`;
  const workerData: Beat = { path, inode, every: beatEvery };
  const thread = new Worker(text, { eval: true, workerData, execArgv: [] });
  thread.unref();
  thread.on("error", () => {});
  return { stop: () => void thread.terminate() };
};
