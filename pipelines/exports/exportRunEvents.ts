/** @file Writes what one run has logged and recorded as a TensorBoard event file. */
import { matches } from "../../quantizers/rules/sitePattern.ts";
import type { SummaryEvent } from "../imports/summaryEvent.ts";
import { learningLog } from "../runs/learningLog.ts";
import { type RunRecording, recordingOf } from "../runs/runRecording.ts";
import { eventFile } from "./eventFile.ts";
import { type HparamsTab, hparamsEvent, type SessionEnd } from "./hparamsEvent.ts";
import { runClock } from "./runClock.ts";
import { inOrder, lineEvent, rowEvent } from "./runEvents.ts";
import type { Hparams } from "./runHparams.ts";

/** The event file of a run. */
export interface ExportedEvents {
  /** Directory of the run. */
  readonly run: string;
  /** Path of the event file. */
  readonly file: string;
  /** Largest step of a value. */
  readonly lastStep: number;
  /** Number of sites. */
  readonly sites: number;
  /** Number of scalars. */
  readonly scalars: number;
  /** Number of histograms. */
  readonly histograms: number;
  /** Number of hyperparameters. */
  readonly hparams: number;
  /** Size of the file in bytes. */
  readonly bytes: number;
}

/** Whether a run has recorded a site that matches a pattern. */
export const hasSite = (home: string, pattern: string): boolean => {
  for (const { site } of recordingOf(home).rows()) if (matches(pattern, site)) return true;
  return false;
};

/** Whether a run has logged or recorded anything. */
export const hasSteps = (home: string): boolean => {
  for (const _ of learningLog(home)) return true;
  for (const _ of recordingOf(home).rows()) return true;
  return false;
};

/** Whether a run has ended in a failure, and was not resumed. */
export const hasFailed = (home: string): boolean => {
  let isFailed = false;
  for (const { event } of learningLog(home)) isFailed = event === "failed";
  return isFailed;
};

/** Tags of the losses and scores of a run's epochs so far. */
export const scoreTags = (home: string): readonly string[] => {
  const tags = new Set<string>();
  for (const line of learningLog(home))
    if (line.event === "epoch") for (const { tag } of lineEvent(line, () => false).values) tags.add(tag);
  return [...tags];
};

/** The events of a run in the order of their steps, and the sites of those that were read. */
const eventsOf = (home: string, recording: RunRecording, pattern: string) => {
  const sites = new Set<string>();
  const isWanted = (site: string): boolean => matches(pattern, site);
  function* logged(): Generator<SummaryEvent> {
    for (const line of learningLog(home)) yield lineEvent(line, isWanted);
  }
  function* recorded(): Generator<SummaryEvent> {
    for (const row of recording.rows()) {
      if (row.foreign?.coldStart || !isWanted(row.site)) continue;
      sites.add(row.site);
      yield rowEvent(row);
    }
  }
  return { sites, events: inOrder(logged(), recorded()) };
};

/** A run to be exported, and what it is. */
export interface ExportingRun {
  readonly home: string;
  readonly out: string;
  readonly hparams: Hparams;
  /** How it has ended; undefined if it goes on, or may. */
  readonly end: SessionEnd | undefined;
}

/** Writes the event file of a run; undefined, and no file, if it has no step yet. */
export const exportRunEvents = (
  { home, out, hparams, end }: ExportingRun,
  site: string,
  tab: HparamsTab,
): ExportedEvents | undefined => {
  const recording = recordingOf(home);
  const { begun, perStep } = runClock(home);
  const file = eventFile(out, begun, recording.runId);
  try {
    const { sites, events } = eventsOf(home, recording, site);
    let [lastStep, scalars, histograms] = [0, 0, 0];
    for (const event of events) {
      const { step, values } = event;
      if (values.length === 0) continue;
      file.add(begun + perStep * step, event);
      const ofHistograms = values.filter(({ histogram }) => histogram !== undefined).length;
      histograms += ofHistograms;
      scalars += values.length - ofHistograms;
      lastStep = Math.max(lastStep, step);
    }
    if (scalars + histograms === 0) {
      file.discard();
      return undefined;
    }
    const ended = begun + perStep * lastStep;
    if (hparams.size > 0)
      file.add(
        ended,
        hparamsEvent(lastStep, {
          ...tab,
          hparams,
          begun,
          ...(end && { end: { how: end, at: ended } }),
        }),
      );
    const counts = { lastStep, sites: sites.size, scalars, histograms, hparams: hparams.size };
    return { run: home, file: file.path, ...counts, bytes: file.close() };
  } catch (error) {
    file.discard();
    throw error;
  }
};
