/** @file The files that one attempt of a run takes over from the one before. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cannotWrite, codeOf } from "../files/fileErrors.ts";
import { donePath } from "../runs/doneRecord.ts";
import { canResume, checkpointIn } from "../runs/runDirectory.ts";

const isPassing = (name: string): boolean => name.startsWith("lock.json") || name.endsWith(".partial");

/** Files of a directory and of those below it, as paths from it; without locks and what is on its way. */
export const filesBelow = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (isPassing(entry.name)) return [];
    if (!entry.isDirectory()) return [entry.name];
    return filesBelow(join(dir, entry.name)).map((path) => join(entry.name, path));
  });

/** Files in the order in which they can be copied while a run grows: sums of chunks before the chunks. */
const inOrder = (paths: readonly string[]): readonly string[] => {
  const isSums = (path: string): boolean => path.endsWith(".sums");
  return [...paths.filter(isSums), ...paths.filter((path) => !isSums(path))];
};

/**
 * Copies a run that may still be written to into a directory of its own, so that it can go on there: a run that has ended whole, another one
 * from its checkpoint, which is read first and gets its name last. So whatever the writer does meanwhile, and whenever this process
 * ends, the checkpoint has all that it needs, and what was written behind it is cut off where the run goes on.
 *
 * @returns whether there was anything that a run can go on from
 */
export const takeOver = (from: string, to: string): boolean => {
  if (!canResume(from)) return false;
  const hasEnded = existsSync(donePath(from));
  const [checkpoint, done] = [checkpointIn(""), donePath("")];
  const arriving = join(to, `${checkpoint}.arriving`);
  try {
    copyFileSync(checkpointIn(from), arriving);
    const others = filesBelow(from).filter((path) => path !== checkpoint && (hasEnded || path !== done));
    for (const path of inOrder(others)) {
      mkdirSync(dirname(join(to, path)), { recursive: true });
      copyFileSync(join(from, path), join(to, path));
    }
    renameSync(arriving, checkpointIn(to));
    return true;
  } catch (error) {
    // A newer attempt has removed either.
    if (codeOf(error) === "ENOENT") return false;
    throw cannotWrite(to, error);
  }
};

/** Removes a directory and all that is in it, as far as nobody else does so at the same time. */
export const removeAll = (dir: string): void => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
