/** @file View of a run that trains in this process, folded from its signals and events. */
import { thrownText } from "../../core/errors.ts";
import type { Signal } from "../../core/signal.ts";
import { bucketsFor } from "../report/readRunView.ts";
import { factsOfStart } from "../report/runFacts.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { RunStatus } from "../views/liveMessage.ts";
import { openView } from "../views/openView.ts";
import { signalFold } from "./foldSignal.ts";
import { foldPast, savedDetections, savedFacts } from "./pastOf.ts";
import { finished, live, newGeneration, type ShownRun } from "./shownRun.ts";

export interface LiveRun {
  /** Takes every signal of the run. */
  readonly tap: (signal: Signal) => void;
  /** Takes every event of the run. */
  readonly see: (event: TrainEvent) => void;
  /** Takes the error that ended the run. */
  readonly fail: (error: unknown) => void;
  readonly shown: () => ShownRun;
}

/** View of a run that is about to train. */
export const liveRun = (): LiveRun => {
  const open = openView("a run", bucketsFor);
  const generation = newGeneration();
  const fold = signalFold(open.fold);
  let status: RunStatus = live;
  let out: string | null = null;
  let steps = 0;
  let hasFacts = false;

  /** Shows the detections of its last epoch. Detections of a later epoch, left by a killed process, are not this run's. */
  const showFound = (): void => {
    const found = out === null ? undefined : savedDetections(out);
    if (found && found.step <= steps) open.setHead({ detections: found });
  };
  /** Loads the past of a run that is resumed at a step, or all of it if the run has finished. */
  const begin = (name: string, end: number): void => {
    const missing = out === null || end === 0 ? [] : foldPast(open, out, end);
    open.setHead({ name, missing });
    steps = end;
    showFound();
  };
  /** Reads the facts once they are saved, which happens before the first step. */
  const learnFacts = (): void => {
    if (hasFacts || out === null) return;
    const facts = savedFacts(out, open);
    if (facts) open.setHead({ facts });
    hasFacts = true;
  };

  return {
    tap: (signal) => {
      fold.see(signal);
      if (signal._tag === "Updated") steps = signal.step;
    },
    see: (event) => {
      switch (event.event) {
        case "start":
          out = event.out;
          begin(out ?? event.experiment, event.step);
          if (out === null) open.setHead({ facts: factsOfStart(event) });
          return;
        case "finished":
          out = event.out;
          return begin(out, event.step);
        case "step":
          return learnFacts();
        case "epoch":
          learnFacts();
          showFound();
          return open.addEpoch({ ...event, steps });
        case "done":
          learnFacts();
          open.setHead({ done: event, state: "finished" });
          status = finished;
          return;
        case "stopped":
          status = {
            state: "stopped",
            text: `stopped after step ${event.step}${event.out === null ? "" : "; train --resume continues it"}`,
          };
          return;
        case "failed":
          status = { state: "failed", text: `failed after step ${event.step}` };
      }
    },
    fail: (error) => {
      status = { state: "failed", text: `${status.text || "failed"}: ${thrownText(error)}` };
    },
    shown: () => {
      fold.flush();
      return { open, generation, status };
    },
  };
};
