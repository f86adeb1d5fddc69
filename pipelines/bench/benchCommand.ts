/** @file The command `npm run bench`: performance as ratios, measured side by side. */
import { availableParallelism, cpus } from "node:os";
import * as E from "fp-ts/lib/Either.js";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { wholeIn } from "../../core/numberText.ts";
import type { Threads } from "../../core/threads.ts";
import type { Arguments, Option } from "../cli/args.ts";
import { type Command, type CommandEntry, jsonOption, type Terminal } from "../cli/command.ts";
import { encodeJson } from "../files/json.ts";
import { threads } from "../runs/threads.ts";
import { decodeSettings } from "../settings/settings.ts";
import { percent } from "../text/numbers.ts";
import { table } from "../text/table.ts";
import { bench } from "./bench.ts";
import type { Group } from "./group.ts";
import { groups } from "./groups.ts";
import type { Row } from "./row.ts";

const options: readonly Option[] = [
  {
    name: "group",
    kind: "many",
    value: "NAME",
    help: `only this group, may be repeated: ${groups.map(({ name }) => name).join(", ")}`,
  },
  { name: "quick", kind: "flag", help: "fewer and smaller cases, all of it in about a minute" },
  { name: "rounds", kind: "text", value: "N", help: "how often everything is timed [7, which is the least]" },
  {
    name: "threads",
    kind: "text",
    value: "N|auto",
    help: "threads of convolutions, passes and steps; auto: as many as help [1]",
  },
  { name: "peers", kind: "text", value: "DIR", help: "folder with peers [spec/bench of the repository]" },
  jsonOption,
];

const wantedGroups = (names: readonly string[] | undefined): readonly Group[] => {
  const unknown = names?.find((wanted) => !groups.some(({ name }) => name === wanted));
  if (unknown !== undefined)
    throw new RangeflowFailure(
      problem(
        "--group",
        `"${unknown}"`,
        expectedName(
          unknown,
          groups.map(({ name }) => name),
        ),
      ),
    );
  return groups.filter(({ name }) => names?.includes(name) ?? true);
};

const roundsIn = (text: string | undefined): number => {
  const rounds = text === undefined ? 7 : wholeIn(text);
  if (!(rounds >= 7)) throw new RangeflowFailure(problem("--rounds", `"${text}"`, "an integer from 7"));
  return rounds;
};

const threadsIn = async (text: string): Promise<Threads | undefined> => {
  const settings = decodeSettings({ threads: text });
  if (E.isLeft(settings)) throw new RangeflowFailure(...settings.left);
  return threads(settings.right.threads);
};

/** Three significant digits. */
const short = (value: number): string => {
  if (value >= 100) return value.toFixed(0);
  return value >= 1 ? value.toPrecision(3) : value.toFixed(3);
};

const cells = (row: Row): readonly string[] => [
  row.case,
  row.subject,
  `${short(row.value)} ${row.unit}`,
  row.ratio === null ? "-" : `${short(row.ratio)} x`,
  row.versus ?? "-",
  row.spread === null ? "-" : percent(row.spread, 0),
  String(row.rounds ?? "-"),
];

const tableOf = (rows: readonly Row[]): string =>
  table(["case", "subject", "value", "ratio", "versus", "spread", "rounds"], rows.map(cells));

/** The machine of the measurement, without which absolute numbers mean little. */
const machine = (): string =>
  `Node ${process.version}, ${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} threads`;

/** The rows of each group, as soon as it is done. */
async function* groupsOf(rows: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let group: Row[] = [];
  for await (const row of rows) {
    if (group.length > 0 && group[0]?.group !== row.group) {
      yield group;
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) yield group;
}

const run = async ({ texts, flags, lists }: Arguments, { out, err }: Terminal): Promise<number> => {
  const rows = bench({
    groups: wantedGroups(lists.group),
    quick: flags.quick ?? false,
    rounds: roundsIn(texts.rounds),
    ...(texts.threads !== undefined && { threads: await threadsIn(texts.threads) }),
    ...(texts.peers !== undefined && { peers: texts.peers }),
    note: (text) => err(`${text}\n`),
  });
  if (flags.json) for await (const row of rows) out(`${encodeJson(row)}\n`);
  else {
    out(`${machine()}\n`);
    for await (const group of groupsOf(rows)) out(`\n${(group[0] as Row).group}\n\n${tableOf(group)}\n`);
  }
  return 0;
};

const command: Command = {
  usage: "-- [--group NAME]... [--quick]",
  details:
    "Spread is the distance between the quartiles of the ratio. Results are compared with the reference before they are timed.",
  options,
  run,
};

export const benchCommand: CommandEntry = {
  name: "bench",
  summary:
    "Measures rangeflow against itself and against peers, side by side in one run, as ratios that a noisy machine leaves alone.",
  load: async () => command,
};
