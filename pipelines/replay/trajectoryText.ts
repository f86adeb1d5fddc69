/** @file Trajectories as lines of text: CSV and JSON Lines. */
import type { ForeignStat } from "../../core/foreignStat.ts";
import { csvField } from "../files/csv.ts";
import type { TrajectoryEncoder } from "./trajectoryEncoder.ts";

/**
 * A float64 number with the fewest digits that reproduce it. It has a point or an exponent, because readers that guess column types from
 * the first rows would otherwise choose integers and refuse the rest.
 */
export const floatText = (x: number): string => {
  if (Object.is(x, -0)) return "-0.0";
  const text = String(x);
  return Number.isInteger(x) && !text.includes("e") ? `${text}.0` : text;
};

const head = "step,site,role,estimator,min,max,lo,hi,isStatic,clipped,error";
const foreignHead = "minError,maxError,coldStart";

const exact: ForeignStat = { known: "minMax", minError: 0, maxError: 0, coldStart: false };

const utf8 = new TextEncoder();

/** Lines that are buffered until they are taken. */
const lines = (): { readonly add: (line: string) => void } & Pick<TrajectoryEncoder, "rows" | "take"> => {
  let waiting: string[] = [];
  return {
    add: (line) => waiting.push(line),
    rows: () => waiting.length,
    take: () => {
      const bytes = utf8.encode(waiting.join(""));
      waiting = [];
      return bytes;
    },
  };
};

const nothing = new Uint8Array();

/** Comma-separated values with a header line, in UTF-8. @see https://www.rfc-editor.org/rfc/rfc4180 */
export const csvEncoder = (isForeign: boolean): TrajectoryEncoder => {
  const { add, rows, take } = lines();
  return {
    start: () => utf8.encode(`${isForeign ? `${head},${foreignHead}` : head}\n`),
    open: ({ site, role }, estimator) => {
      const texts = [site, role, estimator].map(csvField).join(",");
      return ({ step, stat: { min, max }, foreign = exact }, { lo, hi }, isStatic, { clipped, error }) => {
        const ends = `${floatText(min)},${floatText(max)},${floatText(lo)},${floatText(hi)}`;
        const { minError, maxError, coldStart } = foreign;
        const more = isForeign ? `,${floatText(minError)},${floatText(maxError)},${coldStart}` : "";
        add(`${step},${texts},${ends},${isStatic},${clipped},${floatText(error)}${more}\n`);
      };
    },
    ...{ rows, take },
    end: () => nothing,
  };
};

/** One JSON object per line. @see https://jsonlines.org */
export const jsonlEncoder = (isForeign: boolean): TrajectoryEncoder => {
  const { add, rows, take } = lines();
  return {
    start: () => nothing,
    open: ({ site, role }, estimator) => {
      const texts = JSON.stringify({ site, role, estimator }).slice(1, -1);
      return ({ step, stat: { min, max }, foreign = exact }, { lo, hi }, isStatic, { clipped, error }) => {
        const ends = `"min":${floatText(min)},"max":${floatText(max)},"lo":${floatText(lo)},"hi":${floatText(hi)}`;
        const verdict = `"isStatic":${isStatic},"clipped":${clipped},"error":${floatText(error)}`;
        const { minError, maxError, coldStart } = foreign;
        const more = isForeign
          ? `,"minError":${floatText(minError)},"maxError":${floatText(maxError)},"coldStart":${coldStart}`
          : "";
        add(`{"step":${step},${texts},${ends},${verdict}${more}}\n`);
      };
    },
    ...{ rows, take },
    end: () => nothing,
  };
};
