/** @file `rangeflow import`: statistics recorded elsewhere, as a run that can be replayed. */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isRecord } from "../../core/guards.ts";
import { encodeJson } from "../files/json.ts";
import { readText } from "../files/regularFile.ts";
import { formatHelp, formatNames } from "../imports/formats.ts";
import type { ImportOptions } from "../imports/importOptions.ts";
import { type ImportSummary, importStatistics } from "../imports/importStatistics.ts";
import { numberFormatNames } from "../imports/numberFormats.ts";
import { repeatedNames } from "../imports/repeated.ts";
import { rankNames } from "../imports/siteNames.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { importText } from "./importText.ts";
import { untilStopped } from "./untilStopped.ts";

const options: readonly Option[] = [
  {
    name: "out",
    kind: "text",
    value: "RUN",
    path: "directory",
    help: "directory of the run to create; nothing may be there yet",
  },
  {
    name: "format",
    kind: "text",
    value: "FORMAT",
    values: formatNames,
    help: `format of the files [detected from their contents]: ${formatNames.join(", ")}`,
  },
  {
    name: "map",
    kind: "many",
    value: "PATTERN=ROLE",
    path: "file",
    help: "role of the sites whose names match PATTERN, if their names do not tell it: weight, activation, gradient, or none to leave them out; PATTERN=ROLE:SITE also renames them, and each * of SITE stands for what the * of the pattern matched; or a JSON file of patterns and roles; may be repeated, later ones take precedence",
  },
  {
    name: "column",
    kind: "many",
    value: "MEANING=NAME",
    help: "name of a table column, or of a key in JSON lines, by its meaning, such as step=iter, site=module or min=lowest; may be repeated",
  },
  {
    name: "number-format",
    kind: "text",
    value: "FORMAT",
    values: numberFormatNames,
    help: "number format that scales belong to, such as e4m3, int8 or uint8; hybrid: e5m2 for gradients and e4m3 for all else, as for logs of TransformerEngine",
  },
  {
    name: "precision",
    kind: "text",
    value: "P",
    values: ["auto", "exact", "printed"],
    help: "precision of printed numbers: exact; printed: all to half their last digit; 4: four decimals; 6g: six significant digits, as %.6g prints; auto: to half the last digit in columns with a fixed number of decimals [auto]",
  },
  {
    name: "repeated",
    kind: "text",
    value: "WHICH",
    values: repeatedNames,
    help: "value to take if a site has several for one step: first, last, or refuse them; equal values count as one [refuse]",
  },
  {
    name: "ranks",
    kind: "text",
    value: "HOW",
    values: rankNames,
    help: "how to import several ranks, told apart by a column rank or paths such as rank_1/FILE: separate sites rank0/.., rank1/.., or merge them to the smallest min and the largest max [separate]",
  },
  jsonOption,
];

/** The texts before and after the equals sign at an index. */
const pairIn = (where: string, text: string, at: number, expected: string): readonly [string, string] => {
  if (at <= 0 || at === text.length - 1) throw new RangeflowFailure(problem(where, `"${text}"`, expected));
  return [text.slice(0, at), text.slice(at + 1)];
};

const mapFile = (path: string): readonly (readonly [string, string])[] => {
  try {
    const value: unknown = JSON.parse(readText(path, "a JSON file of patterns and roles"));
    if (isRecord(value)) return Object.entries(value).map(([pattern, role]) => [pattern, String(role)]);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RangeflowFailure(
    problem(
      path,
      "contents that are not a JSON object",
      'patterns and roles, such as { "fc*": "activation" }',
    ),
  );
};

/** The pairs of all --map options. Later pairs take precedence, so a repeated pattern moves to the end. */
const mapIn = (texts: readonly string[]): Readonly<Record<string, string>> => {
  const map = new Map<string, string>();
  for (const text of texts) {
    const isFile = text.endsWith(".json") && (existsSync(text) || !text.includes("="));
    const pairs = isFile
      ? mapFile(text)
      : [
          pairIn(
            "--map",
            text,
            text.lastIndexOf("="),
            "PATTERN=ROLE, such as 'fc*=activation', or a JSON file",
          ),
        ];
    for (const [pattern, role] of pairs) {
      map.delete(pattern);
      map.set(pattern, role);
    }
  }
  return Object.fromEntries(map);
};

const optionsIn = ({ texts, lists }: Arguments): ImportOptions => {
  const { out, format, precision, repeated, ranks, "number-format": numberFormat } = texts;
  if (out === undefined)
    throw new RangeflowFailure(
      problem(
        "rangeflow import",
        "no --out",
        "--out RUN with the directory to create, such as --out runs/theirs",
      ),
    );
  const decimals = precision === undefined || !/^\d+$/.test(precision) ? precision : Number(precision);
  // Checked by importStatistics, as values given in code are.
  return {
    out,
    ...(format !== undefined && { format }),
    ...(lists.map && { map: mapIn(lists.map) }),
    ...(lists.column && {
      columns: Object.fromEntries(
        lists.column.map((text) =>
          pairIn("--column", text, text.indexOf("="), "MEANING=NAME, such as step=iter"),
        ),
      ),
    }),
    ...(numberFormat !== undefined && { numberFormat }),
    ...(decimals !== undefined && { precision: decimals }),
    ...(repeated !== undefined && { repeated }),
    ...(ranks !== undefined && { ranks }),
  } as ImportOptions;
};

/** Ctrl-C, or the signal with which schedulers end a process. */
class Stopped extends Error {
  readonly by: NodeJS.Signals;

  constructor(by: NodeJS.Signals) {
    super(by);
    this.by = by;
  }
}

const run = async (given: Arguments, { out, err }: Terminal): Promise<number> => {
  const options = optionsIn(given);
  try {
    const summary: ImportSummary = await untilStopped(({ stop$ }) => {
      const stop = new AbortController();
      stop$.subscribe((by) => stop.abort(new Stopped(by)));
      return importStatistics(given.positionals, options, stop.signal);
    });
    out(given.flags.json ? `${encodeJson({ event: "import", ...summary })}\n` : `${importText(summary)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    err(`rangeflow import: stopped by ${error.by}; nothing is at ${options.out}.\n`);
    return 128 + constants.signals[error.by];
  }
};

const widest = Math.max(...formatNames.map((name) => name.length));

export const importCommand: Command = {
  usage: "FILE... --out RUN [--format FORMAT] [--map PATTERN=ROLE]... [--json]",
  details:
    "Tables need columns (JSON lines: keys) for step, site and a statistic: min and max, amax, scale, or mean and std. Other layouts: step, site, stat and value, with one row per number; step, value and tags such as conv1/input/min; or step and columns such as conv1/input/min, with one row per step. Optional columns: role, rank, format, precision (printed decimals), count, nonFinite. A TensorBoard directory stands for its event files. Text files may be gzip. Unused columns and values are counted and reported.",
  epilogue: ["Formats:", ...formatHelp.map(([name, help]) => `  ${name.padEnd(widest)}  ${help}`)].join("\n"),
  operands: ["files..."],
  operandValues: { path: "file" },
  options,
  run,
};
