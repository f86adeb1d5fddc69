/** @file Labels at the right end of lines, in their colours, moved apart where lines end close to each other. */
import * as Plot from "@observablehq/plot";

export interface EndLabel {
  readonly text: string;
  readonly colour: string;
  /** End of the line, in pixels from the top of the chart. */
  readonly y: number;
}

/** Pixels between labels. */
const lineHeight = 13;

/** Positions of labels, each as close to its own as the others allow, within the chart. */
export const apart = (places: readonly number[], top: number, bottom: number): readonly number[] => {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  const moved = [...places];
  let least = top;
  for (const i of order) {
    moved[i] = Math.max(moved[i]!, least);
    least = moved[i]! + lineHeight;
  }
  let most = bottom;
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i]!, most);
    most = moved[i]! - lineHeight;
  }
  return moved;
};

/**
 * The labels, as marks.
 *
 * @param room pixels between the lines and the edge of the chart
 */
export const endLabels = (
  labels: readonly EndLabel[],
  { top, bottom, room }: { readonly top: number; readonly bottom: number; readonly room: number },
): readonly Plot.Markish[] => {
  const at = apart(
    labels.map(({ y }) => y),
    top,
    bottom,
  );
  return labels.map(({ text, colour }, i) =>
    Plot.text([text], {
      text: (label: string) => label,
      title: (label: string) => label,
      frameAnchor: "top-right",
      textAnchor: "start",
      lineAnchor: "middle",
      dx: 6,
      dy: at[i]! - top,
      fill: colour,
      lineWidth: (room - 8) / 12,
      textOverflow: "ellipsis",
    }),
  );
};
