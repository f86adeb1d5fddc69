import type { RunView } from "./runView.ts";

/** The steps of a bucket as text: `step 7`, or `steps 8 to 15`. */
export const stepsText = ({ width, steps }: Pick<RunView, "steps" | "width">, bucket: number): string => {
  const [from, to] = [bucket * width, Math.min(steps, (bucket + 1) * width) - 1];
  return from === to ? `step ${from}` : `steps ${from} to ${to}`;
};
