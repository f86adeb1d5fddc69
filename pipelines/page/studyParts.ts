/** @file A study: its chart, its tables, and failures. */
import { counted } from "../../core/inWords.ts";
import { studyChart } from "../charts/studyChart.ts";
import type { StudyView } from "../views/studyView.ts";
import { type Child, element, table, tableBehind } from "./element.ts";

/** Text on how many runs of a study are in each state, and how many are missing. */
const statesText = ({ runs, left }: StudyView): string => {
  const states = [...new Set(runs.map(({ state }) => state))];
  const counts = states.map((state) => `${runs.filter((run) => run.state === state).length} ${state}`);
  return `${counted(runs.length, "run")}: ${counts.join(", ")}${left > 0 ? `; ${left} more planned` : ""}.`;
};

export const studyParts = (study: StudyView, width: number): readonly Child[] => {
  const [scores, ...more] = study.tables;
  return [
    element("p", { class: "ending" }, statesText(study)),
    ...study.failures.map((sentence) => element("p", { class: "missing", role: "alert" }, sentence)),
    ...(study.hasCells
      ? [
          studyChart(study.chart, { width: Math.min(width, 1200) }),
          element("h3", {}, scores!.title),
          element("div", { class: "wide" }, table(scores!.head, scores!.rows)),
          ...study.legend.map((sentence) => element("p", { class: "about" }, sentence)),
          ...more.map(({ title, head, rows }) => tableBehind(title, () => table(head, rows))),
        ]
      : []),
  ];
};
