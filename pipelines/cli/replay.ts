/** @file `rangeflow replay`: estimators on a recorded run, and the proof that a recording replays. */
import * as E from "fp-ts/lib/Either.js";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { estimatorNamed } from "../estimatorNamed.ts";
import { matches } from "../glob.ts";
import { replayStudy, verifyReplay } from "../replayStudy.ts";
import { recordingOf } from "../runDirectory.ts";
import { helpText, type Option, parseArguments } from "./args.ts";
import { type Command, helpOption, jsonOption, type Terminal } from "./command.ts";
import { percent, table } from "./table.ts";

const options: readonly Option[] = [
  {
    name: "estimator",
    kind: "many",
    value: "E",
    help: "estimator to replay into; may be repeated [the run's own]",
  },
  { name: "site", kind: "text", value: "GLOB", help: "only sites whose path matches, such as conv1/* [*]" },
  { name: "verify", kind: "flag", help: "prove that the run's own estimators answer the very same ranges" },
  jsonOption,
  helpOption,
];

const named = async (text: string): Promise<NamedEstimator> => {
  const estimator = await estimatorNamed("--estimator", text);
  if (E.isLeft(estimator)) throw new RangeflowFailure(estimator.left);
  return estimator.right;
};

const run = async (args: readonly string[], { out }: Terminal): Promise<number> => {
  const { texts, flags, lists, positionals } = parseArguments("replay", args, options, 1);
  if (flags.help) {
    out(helpText(replayCommand.usage, replayCommand.about, options));
    return 0;
  }
  const [dir] = positionals;
  if (dir === undefined)
    throw new RangeflowFailure(
      problem("rangeflow replay", "no directory", "the directory of a run", "rangeflow replay runs/..."),
    );
  const recording = recordingOf(dir);
  if (flags.verify) {
    const proved = await verifyReplay(recording.rows(), named);
    out(
      flags.json
        ? `${JSON.stringify({ event: "verified", ...proved })}\n`
        : `verified: ${proved.ranges} ranges at ${proved.sites} sites replay to the bit\n`,
    );
    return 0;
  }
  const estimators = await Promise.all((lists.estimator ?? []).map(named));
  const keep = (site: string): boolean => matches(texts.site ?? "*", site);
  const rows = await replayStudy(recording.rows(), estimators, keep);
  if (rows.length === 0)
    throw new RangeflowFailure(
      problem("--site", `no site matches "${texts.site}"`, "a pattern of recorded sites"),
    );
  if (flags.json) for (const row of rows) out(`${JSON.stringify({ event: "replay", ...row })}\n`);
  else
    out(
      `${table(
        ["site", "role", "estimator", "steps", "static", "steps clipped", "mean error", "worst error"],
        rows.map((row) => [
          row.site,
          row.role,
          row.estimator,
          String(row.steps),
          percent(row.staticShare, 1),
          percent(row.clippedSteps, 1),
          percent(row.meanError, 1),
          percent(row.worstError, 1),
        ]),
      )}\n\nErrors are distances of both ends from those observed, in widths of the tensor.\n`,
    );
  return 0;
};

export const replayCommand: Command = {
  name: "replay",
  usage: "rangeflow replay DIR [--estimator E]... [--site GLOB] [--verify]",
  about: "Replays the recorded statistics of a run into estimators, without training.",
  options,
  run,
};
