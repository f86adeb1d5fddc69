/** @file The browser of this machine, if it has one. */
import { spawnSync } from "node:child_process";

/** Path of the Chromium that `chromium`, or the command in RANGEFLOW_CHROMIUM, starts. */
export const chromiumPath = (): string | undefined => {
  const command = process.env.RANGEFLOW_CHROMIUM ?? "chromium";
  const { status, stdout } = spawnSync("sh", ["-c", 'command -v "$0"', command], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
};
