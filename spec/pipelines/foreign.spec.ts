/** @file Modules of a user's own that do what no module should: each ends its command with a sentence, in time, and never with code 0. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { endless } from "./experiments/everyFunction.ts";
import { scratch } from "./files/scratch.ts";
import { type Ended, rangeflow } from "./runs.ts";

const test = suite("foreign modules");

const dir = scratch();

/** Six steps, of five gradients each. */
const fewSteps: readonly string[] = [
  ...[
    "--engine",
    "simd",
    "--threads",
    "1",
    "--limit",
    "96",
    "--test-limit",
    "16",
    "--batch",
    "16",
    "--epochs",
    "1",
  ],
];

/** An estimator that does something at its 20th tensor, and is `currentMinMax` besides. */
const at20 = (act: string): string => `import { map } from "rxjs";
let tensors = 0;
export default (observed$) => observed$.pipe(map((stat) => {
  if (++tensors === 20) { ${act} }
  return { lo: stat.min, hi: stat.max };
}));
`;

const current = at20("");

/** Trains with a gradient estimator, or another module, of this text; the patience is short where it has to come to an end, and nowhere else. */
const trained = async (name: string, text: string): Promise<Ended> => {
  writeFileSync(join(dir, `${name}.mjs`), text);
  const patience = Object.values(endless).some((act) => text.includes(act)) ? "3" : "60";
  const args = ["train", ...fewSteps, "--patience", patience, "--gradient-range", `./${name}.mjs`];
  return rangeflow([...args, "--out", name], { cwd: dir });
};

const sentenceOf = ({ err }: Ended): string => {
  assert.not.match(err, /\n\s+at /, err);
  return err.trim().split("\n").at(-1) as string;
};

const cases: readonly (readonly [string, string, RegExp])[] = [
  ["loops", at20(endless.loop), /^\S+\/gradient, estimator \.\/loops\.mjs, step \d: no return for 3 s, /],
  ["loads", endless.wait, /^\.\/loads\.mjs, which is being loaded: no return for 3 s, /],
  ["ticks", `setTimeout(() => { ${endless.wait} }, 50);\n${current}`, /^a timer: no return for 3 s, /],
  [
    "leaves",
    at20("process.exit(0);"),
    /^rangeflow train: process\.exit\(0\) before it completed, .*leaves\.mjs must not/,
  ],
  [
    "insists",
    `process.on("exit", () => process.exit(0));\n${at20("process.exit(0);")}`,
    /^rangeflow train: process\.exit\(0\) before it completed, .*insists\.mjs must not/,
  ],
  [
    "hides",
    `process.on("exit", () => { process.exitCode = 0; });\nexport const then = () => {};\n${current}`,
    /^rangeflow train: nothing left to wait for, expected its completion; .*hides\.mjs waits for something that never happens/,
  ],
  [
    "fails",
    `process.on("exit", () => { process.exitCode = 0; process.exit(0); });\n${at20('throw new Error("boom");')}`,
    /fails\.mjs failed: boom, expected one range/,
  ],
  [
    "throws",
    at20('setTimeout(() => { throw new Error("boom"); });'),
    /throws\.mjs: an error in a timer .*: boom, expected/,
  ],
  [
    "rejects",
    at20('Promise.reject(new Error("boom"));'),
    /rejects\.mjs: an error in a timer or a promise .*: boom, /,
  ],
  ["thenable", `export const then = () => {};\n${current}`, /^rangeflow train: nothing left to wait for, /],
];

for (const [name, text, expected] of cases)
  test(`a module that ${name}`, async () => {
    const ended = await trained(name, text);
    assert.is.not(ended.code, 0);
    assert.match(sentenceOf(ended), expected);
  });

test("timers that a module leaves behind keep no finished command alive", async () => {
  const { code, out } = await trained("behind", `setInterval(() => {}, 1000);\n${current}`);
  assert.is(code, 0);
  assert.match(out, /weights sha256/);
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test("a run of a study that spins ends when the process of the study is killed", async () => {
  const note = join(dir, "pid");
  writeFileSync(
    join(dir, "spins.mjs"),
    `import { writeFileSync } from "node:fs";\n${at20(`writeFileSync(${JSON.stringify(note)}, String(process.pid)); ${endless.loop}`)}`,
  );
  const main = fileURLToPath(new URL("../../pipelines/cli/main.js", import.meta.url));
  const args = [
    "compare",
    ...fewSteps,
    "--patience",
    "1000",
    "--gradient-range",
    "./spins.mjs",
    "--seeds",
    "1",
    "--out",
    "study",
  ];
  const parent = spawn(process.execPath, [main, ...args], { cwd: dir, stdio: "ignore" });
  while (!existsSync(note)) await sleep(20);
  const worker = Number(readFileSync(note, "utf8"));
  assert.ok(isAlive(worker));
  parent.kill("SIGKILL");
  // Its own spinning would go on for 1000 s.
  for (let waited = 0; isAlive(worker) && waited < 60_000; waited += 50) await sleep(50);
  assert.not(isAlive(worker));
});

test.run();
