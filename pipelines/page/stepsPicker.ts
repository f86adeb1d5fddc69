/** @file Selects the steps of all charts: all of them, those of an epoch, or those that were dragged over. */
import type { RunView } from "../views/runView.ts";
import { element } from "./element.ts";
import type { Go, Look } from "./look.ts";
import type { Steps } from "./zoom.ts";

/** Choices by label. */
const choicesOf = ({ epochs, steps }: RunView): readonly (readonly [string, Steps | undefined])[] => [
  [`all ${steps} steps`, undefined],
  ...epochs.map(
    ({ epoch, steps: end }, i) => [`epoch ${epoch}`, [epochs[i - 1]?.steps ?? 0, end] as Steps] as const,
  ),
];

const isSame = (a: Steps | undefined, b: Steps | undefined): boolean =>
  a?.[0] === b?.[0] && a?.[1] === b?.[1];

/** A list of step ranges, with the current one selected. */
export const stepsPicker = (run: RunView, { steps }: Look, go: Go): HTMLElement => {
  const known = choicesOf(run);
  const dragged: typeof known =
    steps && !known.some(([, one]) => isSame(one, steps))
      ? [[`steps ${steps[0]} to ${Math.min(steps[1], run.steps) - 1}`, steps]]
      : [];
  const all = [...known, ...dragged];
  const picker = element(
    "select",
    { "aria-label": "Steps that charts show" },
    ...all.map(([name, one]) => element("option", isSame(one, steps) ? { selected: "" } : {}, name)),
  );
  picker.addEventListener("change", () => go({ steps: all[picker.selectedIndex]![1] }));
  return picker;
};
