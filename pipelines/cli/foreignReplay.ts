/** @file What `rangeflow replay` says of a recording of others: what it was made of, what was left out, what it cannot tell. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { bitsOfSite } from "../../core/siteFacts.ts";
import { type ImportInfo, importInfoIn } from "../files/importInfo.ts";
import type { Recording } from "../files/recording.ts";
import { type RecordedSite, recordedSites, recordedText } from "../replay/recordedSites.ts";
import type { Unanswered } from "../replay/replayStudy.ts";
import type { ReplayRow } from "../replay/tally.ts";
import { table } from "../report/table.ts";
import { homeOf } from "../runs/runDirectory.ts";
import type { Arguments, Option } from "./args.ts";

/** Options of `replay` that are for recordings of others. */
export const foreignOptions: readonly Option[] = [
  {
    name: "cold-start",
    kind: "text",
    value: "drop|keep",
    values: ["drop", "keep"],
    help: "of a foreign recording: whether rows of a cold start, which are placeholders, are shown to estimators and counted [drop]",
  },
  {
    name: "bits",
    kind: "text",
    value: "N",
    help: "of a foreign recording: bits of the grid, 2 to 8, where it does not say them; weights symmetric, others affine [8 for steps clipped; none for estimators that depend on them]",
  },
];

/** Estimators of a foreign recording where none is named: those that need no more than ends, dynamic and static. */
export const foreignEstimators: readonly string[] = [
  "currentMinMax",
  "runningMinMax",
  "inHindsight",
  "delayedScaling",
];

/** A foreign recording, and how it is replayed. */
export interface ForeignReplay {
  readonly info: ImportInfo | undefined;
  readonly sites: ReadonlyMap<string, RecordedSite>;
  readonly keepColdStarts: boolean;
  readonly bits: number | undefined;
}

const wrong = (option: string, found: string, expected: string, hint?: string): RangeflowFailure =>
  new RangeflowFailure(problem(option, found, expected, hint));

const bitsIn = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^[2-8]$/.test(text)) throw wrong("--bits", `"${text}"`, "an integer from 2 to 8");
  return Number(text);
};

/**
 * What is known of a recording that somebody else has made; undefined for one of ours.
 *
 * @throws `RangeflowFailure` for options that would do nothing
 */
export const foreignReplayOf = (
  dir: string,
  recording: Recording,
  { texts }: Arguments,
): ForeignReplay | undefined => {
  if (!recording.isForeign) {
    for (const name of ["cold-start", "bits"])
      if (texts[name] !== undefined)
        throw wrong(`--${name}`, "it for a run of ours", "a foreign recording", "leave it out");
    return undefined;
  }
  const { "cold-start": cold = "drop" } = texts;
  if (cold !== "drop" && cold !== "keep") throw wrong("--cold-start", `"${cold}"`, "drop or keep");
  const keepColdStarts = cold === "keep";
  const bits = bitsIn(texts.bits);
  const sites = recordedSites(recording.batches(), keepColdStarts);
  const all = [...sites.values()];
  if (texts["cold-start"] !== undefined && all.every(({ coldStarts }) => coldStarts === 0))
    throw wrong(
      "--cold-start",
      "it where no row is of a cold start",
      "a recording with some",
      "leave it out",
    );
  if (bits !== undefined && all.every(({ gridless }) => gridless === 0))
    throw wrong("--bits", "it where every row says the bits of its site", "some that do not", "leave it out");
  const home = homeOf(dir);
  return { info: home === undefined ? undefined : importInfoIn(home), sites, keepColdStarts, bits };
};

const sumOf = (sites: readonly RecordedSite[], field: "rows" | "coldStarts" | "withoutEnds"): number =>
  sites.reduce((sum, site) => sum + site[field], 0);

/** What was recorded at some sites, each thing once. */
const recordedAt = (sites: readonly RecordedSite[]): string =>
  [...new Set(sites.map(recordedText).filter((text) => text !== ""))].join("; ") || "nothing";

/** What a foreign recording is, and what of it is left out. */
export const foreignHead = ({ info, sites, keepColdStarts }: ForeignReplay): string => {
  const all = [...sites.values()];
  const [cold, bare] = [sumOf(all, "coldStarts"), sumOf(all, "withoutEnds")];
  const from = info === undefined ? "" : ` (${info.format})`;
  return [
    `A foreign recording${from}: ${counted(sumOf(all, "rows"), "statistic")} of ${counted(all.length, "site")}; recorded were ${recordedAt(all)}.`,
    ...(cold === 0
      ? []
      : [
          keepColdStarts
            ? `Rows of cold starts that are counted, although they are placeholders: ${cold} (--cold-start drop leaves them out).`
            : `Rows of cold starts, which are placeholders and left out: ${cold} (--cold-start keep counts them).`,
        ]),
    ...(bare === 0
      ? []
      : [
          `Rows that say nothing of the ends of their tensors, so that no range can be judged by them: ${bare}.`,
        ]),
  ].join("\n");
};

/** The same as plain data. */
export const foreignFacts = ({ sites, keepColdStarts }: ForeignReplay) => {
  const all = [...sites.values()];
  return {
    ...{ rows: sumOf(all, "rows"), sites: all.length, recorded: recordedAt(all) },
    ...{ coldStarts: sumOf(all, "coldStarts"), keepsColdStarts: keepColdStarts },
    withoutEnds: sumOf(all, "withoutEnds"),
  };
};

/** Whether so much of a site was printed as 0 that nothing can be said of it: half of its tensors, or more. */
export const isVoid = ({ lost }: ReplayRow): boolean => lost !== undefined && 2 * lost.share >= 1;

/** What was printed with too few digits to say anything of it, or of some of it; nothing where nothing was. */
export const lostText = (rows: readonly ReplayRow[]): string | undefined => {
  const lines = new Map<string, string>();
  for (const { site, steps, lost } of rows) {
    if (lost === undefined) continue;
    const count = Math.round(lost.share * steps);
    lines.set(site, `${site}: ${count} of ${steps} were printed as 0, give or take ${lost.within}`);
  }
  if (lines.size === 0) return undefined;
  const gradients = rows.some((row) => row.lost !== undefined && row.role === "gradient");
  return [
    `Printed precision loses ${gradients ? "gradients" : "tensors"}. A tensor that may be of any width tells nothing of a range, whose error may be anything up to 100 %${
      rows.some(isVoid)
        ? "; sites with half of them or more are left out of the tables"
        : "; bounds say how much of it"
    }.`,
    ...lines.values(),
  ].join("\n");
};

/** Estimators that cannot be answered, each with all sites at which it is for the same reason. */
export interface UnansweredGroup {
  readonly estimator: string;
  readonly needs: string;
  readonly recorded: string;
  readonly sites: readonly string[];
  /** Sentence on the first of them. */
  readonly why: string;
}

/** Who could not be answered, by what is missing. */
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

/** Table of estimators that cannot be answered. */
export const unansweredText = (groups: readonly UnansweredGroup[], isForeign: boolean): string =>
  `Not answered by this recording:\n${table(
    ["estimator", "sites", "needs", "recorded"],
    groups.map(({ estimator, sites, needs, recorded }) => [
      ...[estimator, String(sites.length)],
      ...[isForeign && areBits(needs) ? `${needs} (--bits)` : needs, recorded],
    ]),
  )}`;

/** The failure of a replay in which no estimator could be answered anywhere. */
export const noneAnswered = (groups: readonly UnansweredGroup[], isForeign: boolean): RangeflowFailure =>
  new RangeflowFailure(
    ...groups.map(({ estimator, needs, recorded, sites }) =>
      problem(
        sites.length === 1 ? sites[0]! : `${sites[0]} and ${sites.length - 1} more`,
        `estimator ${estimator} needs ${needs}; recorded were ${recorded}`,
        "one that needs no more than was recorded",
        areBits(needs) && isForeign
          ? "--bits says them"
          : isForeign
            ? `try ${foreignEstimators.join(", ")}`
            : "record histograms (--histogram-every 1) to ask later",
      ),
    ),
  );
