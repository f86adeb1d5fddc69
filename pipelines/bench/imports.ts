/** @file Speed of imports: the same table in several formats, including writing and checksums. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { internal } from "../../core/errors.ts";
import { key, uniform } from "../../core/random.ts";
import { importStatistics } from "../imports/importStatistics.ts";
import { compared } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import type { Row } from "./row.ts";

const sites = 60;

/** A table with min and max of a tensor in each row. */
const tableOf = (rows: number) => {
  const seed = key(1);
  const numbers = (from: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => uniform(seed, 2 * i + from));
  return {
    step: Int32Array.from({ length: rows }, (_, i) => Math.floor(i / sites)),
    site: Array.from({ length: rows }, (_, i) => `layer${i % sites}/conv1/gradient`),
    min: numbers(0).map((x) => -x),
    max: numbers(1),
  };
};

type Table = ReturnType<typeof tableOf>;

const lines = ({ step, site, min, max }: Table, line: (...cells: (number | string)[]) => string): string =>
  site.map((name, i) => line(step[i]!, name, min[i]!, max[i]!)).join("");

const arrowStream = "Arrow stream";

/** Contents of a file in each format except Parquet. */
const filesOf = (table: Table): Readonly<Record<string, string | Uint8Array>> => ({
  [arrowStream]: tableToIPC(tableFromArrays(table), "stream"),
  CSV: `step,site,min,max\n${lines(table, (...cells) => `${cells.join(",")}\n`)}`,
  "JSON lines": lines(table, (step, site, min, max) => `${JSON.stringify({ step, site, min, max })}\n`),
});

const toParquet =
  "import sys, pyarrow, pyarrow.parquet as p; p.write_table(pyarrow.ipc.open_stream(sys.argv[1]).read_all(), sys.argv[2])";

/** Writes the files, including a Parquet file by pyarrow if Python has it. @returns their names */
const writeFiles = (dir: string, rows: number): readonly string[] => {
  const files = Object.entries(filesOf(tableOf(rows)));
  for (const [name, contents] of files) writeFileSync(join(dir, name), contents);
  const { status } = spawnSync("python3", ["-c", toParquet, join(dir, arrowStream), join(dir, "Parquet")]);
  return [...files.map(([name]) => name), ...(status === 0 ? ["Parquet"] : [])];
};

/** Imports a file once, and removes the result. */
const importOnce = async (file: string, out: string, rows: number): Promise<void> => {
  const summary = await importStatistics([file], { out });
  if (summary.rows !== rows) throw internal(`bench: ${summary.rows} of ${rows} rows imported`);
  rmSync(out, { recursive: true });
};

const measured = async (dir: string, { quick, contest }: Surroundings): Promise<readonly Row[]> => {
  const rows = quick ? 60_000 : 600_000;
  const contestants = writeFiles(dir, rows).map((name) => ({
    name,
    run: () => importOnce(join(dir, name), join(dir, "run"), rows),
  }));
  const times = await contest(contestants);
  return contestants.flatMap(({ name }, i) =>
    compared(
      { group: "imports", case: `${rows} rows`, amount: rows / 1e6, unit: "million rows/s" },
      times,
      { name, shown: name },
      i === 0 ? [] : [{ name: arrowStream, shown: arrowStream }],
    ),
  );
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const dir = mkdtempSync(join(tmpdir(), "rangeflow-bench-"));
  try {
    yield* await measured(dir, surroundings);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export const imports: Group = {
  name: "imports",
  about: "statistics of others made into a recording, in rows a second",
  run,
};
