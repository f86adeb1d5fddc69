/** @file An experiment with an estimator and an import, all of them files, whose runs the specs of kept code open and edit. */
import { appendFileSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { experimentFile } from "../../../pipelines/experiments/source.ts";
import { type RunOptions, train } from "../../../pipelines/runs/train.ts";
import { scratch } from "../files/scratch.ts";

export const experimentText = `import { crossEntropy, dense, experimentWith, flatten, glyphs, quantized, relu, sequential } from "rangeflow";
import { gain } from "../shared/gain.ts";

export default experimentWith({
  options: { width: { type: "integer", default: 4, least: 1, help: "units of the hidden layer" } },
  make: ({ width }) => ({
    network: sequential(
      flatten(), quantized(dense)("hidden", { units: width }), relu(), quantized(dense)("output", { units: 10, gain }),
    ),
    data: glyphs({ train: 160, test: 40 }), loss: crossEntropy(), epochs: 2, batch: 16,
  }),
});
`;
const estimatorText = `import { absMax, estimate, observedRange } from "rangeflow";
export default estimate({
  init: 0, step: (_last, stat) => absMax(observedRange(stat)), read: (last) => ({ lo: -last, hi: last }),
});
`;

/** Writes a file. */
export const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

/** Files as they were when the runs began. */
const restore = (): void => {
  write("mine.ts", experimentText);
  write("wide.ts", estimatorText);
  write("../shared/gain.ts", "export const gain: number = 1;\n");
};
export const local = { engine: "simd", threads: 1 } as const;
const changes = { gradientRange: "./wide.ts" };
export const mine = experimentFile("./mine.ts", { width: 6 }, changes);

/** Events of a run that is trained in a directory. */
export const trained = (out: string, options: RunOptions = {}, source = mine) =>
  lastValueFrom(train(source, { ...local, out, ...options }).pipe(toArray()));

/** Files below a directory, by their relative paths in order. */
export const below = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true })
    .map(String)
    .filter((path) => lstatSync(join(dir, path)).isFile())
    .sort();

/** Edits files of the experiment, does something, and restores them. */
export const edited = async <A>(act: () => Promise<A>, ...paths: readonly string[]): Promise<A> => {
  for (const path of paths) appendFileSync(path, "// a comment\n");
  try {
    return await act();
  } finally {
    restore();
  }
};

/** Writes the files into a new directory `work` beside `shared`, and makes it that of this process. @returns goes back */
export const moveIn = (): (() => void) => {
  const before = process.cwd();
  const work = join(scratch(), "work");
  mkdirSync(work);
  process.chdir(work);
  restore();
  return () => process.chdir(before);
};
