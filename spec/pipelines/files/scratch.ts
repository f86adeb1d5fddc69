/** @file What the specs of files share: a directory that goes away, the sentence of a failure, a Python that may be there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";

const made: string[] = [];
process.once("exit", () => {
  for (const dir of made)
    try {
      rmSync(dir, { recursive: true, force: true });
    } catch {
      // Somebody who has ended too late still writes to it: what is left in the system's directory for such files fails no spec.
    }
});

/** A new empty directory, removed when the process ends, as far as it can be. */
export const scratch = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "rangeflow-"));
  made.push(dir);
  return dir;
};

/** The sentence with which `act` fails: one line, no stack trace, and it says what was expected. */
export const sentenceOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
    assert.match(error.message, /^[^\n]+(: [^\n]+, expected| applies to| has no effect| requires) [^\n]+\.$/);
    return error.message;
  }
  assert.unreachable("expected a failure");
  return "";
};

/** The output of a Python program, or undefined where there is no Python with the modules it imports. */
export const python = (program: string, ...args: readonly string[]): string | undefined => {
  const { status, stdout } = spawnSync("python3", ["-c", program, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  return status === 0 ? stdout : undefined;
};
