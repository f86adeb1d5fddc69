/** @file The page of `rangeflow train --live`. */

import { problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { shellWord } from "../files/shellWord.ts";
import { type ServedRun, serveRun } from "../live/serveRun.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { Arguments } from "./args.ts";
import type { Terminal } from "./command.ts";
import { placeIn } from "./placeOptions.ts";

/** The line that stands at the end of a run whose page was served. */
const endLine = ({ out }: TrainEvent & { readonly out: string | null }): string =>
  out === null
    ? "the page has ended; open tabs keep what they show\n"
    : `the page has ended; open tabs keep what they show; rangeflow watch ${shellWord(out)} serves it again, rangeflow report ${shellWord(out)} writes it to a file\n`;

export interface LivePage extends Pick<ServedRun, "tap" | "show"> {
  /** Says what becomes of the page when the run has ended. */
  readonly tell: (event: TrainEvent) => void;
}

/**
 * Serves the page of a run that is about to train; undefined where nobody has asked for it.
 *
 * @throws `RangeflowFailure` if a place was said without `--live`, or nothing can listen there
 */
export const livePage = async (given: Arguments, terminal: Terminal): Promise<LivePage | undefined> => {
  const { flags, texts } = given;
  const said = ["port", "host"].find((name) => texts[name] !== undefined);
  if (!flags.live && said !== undefined)
    throw new RangeflowFailure(
      problem(`--${said}`, "it without --live", "it where a page is served", "add --live"),
    );
  if (!flags.live) return undefined;
  // Standard output has nothing but JSON, where that was asked for.
  const say = flags.json ? terminal.err : terminal.out;
  const { url, tap, show } = await serveRun({
    ...placeIn(given),
    failed: (error) => terminal.err(`the page has ended, training goes on: ${thrownText(error)}\n`),
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
