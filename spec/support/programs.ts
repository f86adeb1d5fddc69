/** @file Programs that run in one process, one after another, each until it has nothing left to wait for: that spares all but one a start. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Program {
  /** JavaScript of the program, as an absolute path. */
  readonly file: string;
  readonly cwd: string;
  readonly args: readonly string[];
}

/** Output and end of a program. */
export interface Outcome {
  readonly printed: string;
  /** Error that nobody caught, or another reason why it did not come to its end. */
  readonly failed: string | undefined;
}

const runner = fileURLToPath(new URL("programsRunner.js", import.meta.url));

/** Runs programs, each from its beginning to its end, and tells what has become of them. */
export const outcomesOf = (programs: readonly Program[]): readonly Outcome[] => {
  const { stdout, stderr } = spawnSync(process.execPath, ["--enable-source-maps", runner], {
    input: JSON.stringify(programs),
    encoding: "utf8",
    timeout: 600_000,
    maxBuffer: 2 ** 26,
  });
  const outcomes: readonly Outcome[] = stdout === "" ? [] : JSON.parse(stdout);
  return programs.map(
    (_, i) => outcomes[i] ?? { printed: "", failed: `it did not begin: ${stderr.slice(-2000)}` },
  );
};
