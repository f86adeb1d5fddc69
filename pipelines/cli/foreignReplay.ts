/** @file Output of `rangeflow replay` for an imported recording: its format, omitted rows, and estimators that it cannot answer. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { bitsOfSite } from "../../core/siteFacts.ts";
import { type ImportInfo, importInfoIn } from "../files/importInfo.ts";
import type { Recording } from "../files/recording.ts";
import { type RecordedSite, recordedSites, recordedText } from "../replay/recordedSites.ts";
import type { Unanswered } from "../replay/replayStudy.ts";
import type { ReplayRow } from "../replay/tally.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { table } from "../text/table.ts";
import type { Arguments, Option } from "./args.ts";

/** Options of `replay` for imported recordings. */
export const foreignOptions: readonly Option[] = [
  {
    name: "cold-start",
    kind: "text",
    value: "drop|keep",
    values: ["drop", "keep"],
    help: "for an imported recording: whether cold-start rows, which are placeholders, are shown to estimators and counted [drop]",
  },
];

/** Default estimators of an imported recording, dynamic and static: those that need only the min and max of tensors. */
export const foreignEstimators: readonly string[] = [
  "currentMinMax",
  "runningMinMax",
  "inHindsight",
  "delayedScaling",
];

/** An imported recording, and how it is replayed. */
export interface ForeignReplay {
  readonly info: ImportInfo | undefined;
  readonly sites: ReadonlyMap<string, RecordedSite>;
  readonly keepColdStarts: boolean;
}

const wrong = (option: string, found: string, expected: string, hint?: string): RangeflowFailure =>
  new RangeflowFailure(problem(option, found, expected, hint));

/**
 * Facts and options of an imported recording; undefined for a recording of Rangeflow.
 *
 * @throws `RangeflowFailure` for options that would have no effect
 */
export const foreignReplayOf = (
  dir: string,
  recording: Recording,
  { texts }: Arguments,
): ForeignReplay | undefined => {
  if (!recording.isForeign) {
    if (texts["cold-start"] !== undefined)
      throw wrong("--cold-start", "used for a run of Rangeflow", "an imported recording", "leave it out");
    return undefined;
  }
  const { "cold-start": cold = "drop" } = texts;
  if (cold !== "drop" && cold !== "keep") throw wrong("--cold-start", `"${cold}"`, "drop or keep");
  const keepColdStarts = cold === "keep";
  const sites = recordedSites(recording.batches(), keepColdStarts);
  const all = [...sites.values()];
  if (texts["cold-start"] !== undefined && all.every(({ coldStarts }) => coldStarts === 0))
    throw wrong(
      "--cold-start",
      "used for a recording without cold-start rows",
      "a recording with some",
      "leave it out",
    );
  const home = homeOf(dir);
  return { info: home === undefined ? undefined : importInfoIn(home), sites, keepColdStarts };
};

const sumOf = (sites: readonly RecordedSite[], field: "rows" | "coldStarts" | "withoutEnds"): number =>
  sites.reduce((sum, site) => sum + site[field], 0);

/** The kinds of statistics recorded at some sites, each once. */
const recordedAt = (sites: readonly RecordedSite[]): string =>
  [...new Set(sites.map(recordedText).filter((text) => text !== ""))].join("; ") || "nothing";

/** Heading of an imported recording: its size, contents and omitted rows. */
export const foreignHead = ({ info, sites, keepColdStarts }: ForeignReplay): string => {
  const all = [...sites.values()];
  const [cold, bare] = [sumOf(all, "coldStarts"), sumOf(all, "withoutEnds")];
  const from = info === undefined ? "" : ` (${info.format})`;
  return [
    `Imported recording${from}: ${counted(sumOf(all, "rows"), "statistic")} at ${counted(all.length, "site")}; recorded: ${recordedAt(all)}.`,
    ...(cold === 0
      ? []
      : [
          keepColdStarts
            ? `Cold-start rows that are counted, although they are placeholders: ${cold} (--cold-start drop omits them).`
            : `Cold-start rows, which are placeholders and omitted: ${cold} (--cold-start keep counts them).`,
        ]),
    ...(bare === 0
      ? []
      : [`Rows without the min and max of their tensors, with which no range can be compared: ${bare}.`]),
  ].join("\n");
};

/** The same facts as plain data. */
export const foreignFacts = ({ sites, keepColdStarts }: ForeignReplay) => {
  const all = [...sites.values()];
  return {
    ...{ rows: sumOf(all, "rows"), sites: all.length, recorded: recordedAt(all) },
    ...{ coldStarts: sumOf(all, "coldStarts"), keepsColdStarts: keepColdStarts },
    withoutEnds: sumOf(all, "withoutEnds"),
  };
};

/** Whether half of the tensors of a site or more were printed as 0, so that its numbers mean nothing. */
export const isVoid = ({ lost }: ReplayRow): boolean => lost !== undefined && 2 * lost.share >= 1;

/** Text on sites whose tensors were printed as 0 because of too few digits; undefined if there are none. */
export const lostText = (rows: readonly ReplayRow[]): string | undefined => {
  const lines = new Map<string, string>();
  for (const { site, steps, lost } of rows) {
    if (lost === undefined) continue;
    const count = Math.round(lost.share * steps);
    lines.set(site, `${site}: ${count} of ${steps} were printed as 0, within ${lost.within} of it`);
  }
  if (lines.size === 0) return undefined;
  const gradients = rows.some((row) => row.lost !== undefined && row.role === "gradient");
  return [
    `Printed precision loses ${gradients ? "gradients" : "tensors"}. The width of a tensor printed as 0 is unknown, so the error of a range on it may be anything up to 100 %${
      rows.some(isVoid)
        ? "; sites where half of the tensors or more are lost are left out of the tables"
        : "; bounds include this"
    }.`,
    ...lines.values(),
  ].join("\n");
};

/** An estimator that a recording cannot answer, with all sites where it lacks the same statistic. */
export interface UnansweredGroup {
  readonly estimator: string;
  readonly needs: string;
  readonly recorded: string;
  readonly sites: readonly string[];
  /** Error message of the first site. */
  readonly why: string;
}

/** Estimators that could not be answered, grouped by the missing statistic. */
export const unansweredGroups = (
  unanswered: readonly Unanswered[],
  sites: ReadonlyMap<string, RecordedSite> | undefined,
): readonly UnansweredGroup[] => {
  const groups = new Map<string, Unanswered[]>();
  for (const one of unanswered) {
    const key = `${one.estimator}\n${one.needs}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const { estimator, needs, failure } = group[0]!;
    const at = group.flatMap(({ site }) => sites?.get(site) ?? []);
    return {
      ...{ estimator, needs, sites: group.map(({ site }) => site), why: failure.message },
      recorded: sites === undefined ? "min and max" : recordedAt(at),
    };
  });
};

const areBits = (needs: string): boolean => needs === bitsOfSite;

/** Table of estimators that a recording cannot answer. */
export const unansweredText = (groups: readonly UnansweredGroup[], isForeign: boolean): string =>
  `Estimators that this recording cannot answer:\n${table(
    ["estimator", "sites", "needs", "recorded"],
    groups.map(({ estimator, sites, needs, recorded }) => [
      ...[estimator, String(sites.length)],
      ...[isForeign && areBits(needs) ? `${needs} (--bits)` : needs, recorded],
    ]),
  )}`;

/** The failure of a replay in which no estimator could be answered at any site. */
export const noneAnswered = (groups: readonly UnansweredGroup[], isForeign: boolean): RangeflowFailure =>
  new RangeflowFailure(
    ...groups.map(({ estimator, needs, recorded, sites }) =>
      problem(
        sites.length === 1 ? sites[0]! : `${sites[0]} and ${sites.length - 1} more`,
        `estimator ${estimator} needs ${needs}, but the recording has ${recorded}`,
        "an estimator that needs no more than that",
        areBits(needs) && isForeign
          ? "give them with --bits"
          : isForeign
            ? `try ${foreignEstimators.join(", ")}`
            : "record histograms (--histogram-every 1) to replay it later",
      ),
    ),
  );
