/** @file The entrance of charts by itself, since it takes a DOM, which no other one asks for. */
import { readRunView } from "rangeflow";
import { type Chart, fitMap, type RunView, svgFile, unpacked } from "rangeflow/charts";

export const chartOf = (bytes: Uint8Array, document: Document): Chart => {
  const [run] = unpacked(bytes) as readonly RunView[];
  return fitMap(run ?? readRunView("runs/mine"), { document, width: 900 });
};

export const fileOf = (run: RunView): string => svgFile("Fit", (document) => fitMap(run, { document }));

// @ts-expect-error a directory is no run
fitMap("runs/mine");
