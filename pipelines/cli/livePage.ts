/** @file The page of `rangeflow train --live`. */

import { problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { shellWord } from "../files/shellWord.ts";
import { type ServedRun, serveRun } from "../live/serveRun.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { Arguments } from "./args.ts";
import type { Terminal } from "./command.ts";
import { placeIn } from "./placeOptions.ts";

/** The last line of a run whose page was served. */
const endLine = ({ out }: TrainEvent & { readonly out: string | null }): string =>
  out === null
    ? "the live page is closed; open tabs keep what they show\n"
    : `the live page is closed; open tabs keep what they show; rangeflow watch ${shellWord(out)} serves it again, rangeflow report ${shellWord(out)} writes it to a file\n`;

export interface LivePage extends Pick<ServedRun, "tap" | "show"> {
  /** Prints what happens to the page when the run ends. */
  readonly tell: (event: TrainEvent) => void;
}

/**
 * Serves the page of a run that is about to train; undefined without `--live`.
 *
 * @returns rejects with `RangeflowFailure` if `--port` or `--host` is given without `--live`, or if the address cannot be used
 */
export const livePage = async (given: Arguments, terminal: Terminal): Promise<LivePage | undefined> => {
  const { flags, texts } = given;
  const said = ["port", "host"].find((name) => texts[name] !== undefined);
  if (!flags.live && said !== undefined)
    throw new RangeflowFailure(
      problem(`--${said}`, "used without --live", "only with --live", "add --live, or leave it out"),
    );
  if (!flags.live) return undefined;
  // With --json, standard output has nothing but JSON.
  const say = flags.json ? terminal.err : terminal.out;
  const { url, tap, show } = await serveRun({
    ...placeIn(given),
    failed: (error) => terminal.err(`the live page has failed, training continues: ${thrownText(error)}\n`),
  });
  say(`live at ${url}\n`);
  return {
    tap,
    show,
    tell: (event) => {
      if (event.event === "done" || event.event === "stopped") say(endLine(event));
    },
  };
};
