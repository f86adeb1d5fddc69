/** @file `rangeflow report` in a process of its own, with its time and memory. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { internal } from "../../core/errors.ts";

export interface ReportProcess {
  readonly seconds: number;
  /** Peak memory in bytes, including code. */
  readonly bytes: number;
}

const main = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** A module that reports the process's peak memory to its parent when it ends. */
const teller = `data:text/javascript,process.on("exit",()=>process.send(process.resourceUsage().maxRSS))`;

/**
 * Reports a run.
 *
 * @throws an internal error if it fails
 */
export const reportProcess = (dir: string, page: string, now: () => number): Promise<ReportProcess> =>
  new Promise((resolve, reject) => {
    const began = now();
    let bytes = 0;
    const args = ["--import", teller, main, "report", dir, "--out", page];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (kilobytes) => {
      bytes = 1024 * Number(kilobytes);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0 && bytes > 0) resolve({ seconds: (now() - began) / 1000, bytes });
      else reject(internal(`bench: rangeflow report has ended with ${code}`));
    });
  });
