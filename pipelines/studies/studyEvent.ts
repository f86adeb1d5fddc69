import type { StudyEvent } from "./events.ts";
import type { Plan } from "./plan.ts";

/** Event before the first run of a study. */
export const studyEvent = (
  { cells, runs }: Plan,
  rest: Pick<StudyEvent, "out" | "finished" | "jobs" | "queue">,
): StudyEvent => {
  const overridden = runs.flatMap((run) => run.overridden);
  const unique = new Map(overridden.map((one) => [JSON.stringify(one), one]));
  return {
    event: "study",
    cells: cells.length,
    runs: runs.length,
    ...rest,
    ...(unique.size > 0 && { overridden: [...unique.values()] }),
  };
};
