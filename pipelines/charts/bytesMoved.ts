/** @file Bytes moved by quantization, by layer and role, and bytes saved by static ranges. */
import * as Plot from "@observablehq/plot";
import type { Role } from "../../core/signal.ts";
import { bytesText, byteUnit } from "../text/numbers.ts";
import type { RunView, SiteView } from "../views/runView.ts";
import { bucketsIn, type Chart, type ChartOptions, drawn, roleTitles } from "./chart.ts";

/** Bytes of some sites. */
export interface Bytes {
  /** Bytes moved for tensors whose range was known before them. */
  readonly statically: number;
  /** Bytes moved for tensors whose range was computed from them. */
  readonly dynamically: number;
  /** Additional bytes that dynamic ranges would have moved for the former. */
  readonly saved: number;
}

/** Bytes of one role in one layer. */
export interface LayerBytes extends Bytes {
  readonly layer: string;
  readonly role: Role;
}

const sumOf = (all: readonly Bytes[]): Bytes => ({
  statically: all.reduce((sum, one) => sum + one.statically, 0),
  dynamically: all.reduce((sum, one) => sum + one.dynamically, 0),
  saved: all.reduce((sum, one) => sum + one.saved, 0),
});

const movedIn = ({ statically, dynamically }: Bytes): number => statically + dynamically;

/** The path of a site without its last part, which names the tensor of the layer. */
const layerOf = (site: string): string => site.slice(0, Math.max(0, site.lastIndexOf("/"))) || site;

const bytesOf = ({ columns }: SiteView, buckets: readonly number[]): Bytes => {
  const sum = (column: Float64Array): number => buckets.reduce((all, i) => all + column[i]!, 0);
  const statically = sum(columns.bytesMovedStatically);
  return { statically, dynamically: sum(columns.bytesMoved) - statically, saved: sum(columns.bytesSaved) };
};

/** Bytes by layer and role, in the order of the network. */
export const layerBytes = (run: RunView, steps?: ChartOptions["steps"]): readonly LayerBytes[] => {
  const buckets = bucketsIn(run, steps);
  const all = new Map<string, LayerBytes>();
  for (const site of run.sites) {
    const [layer, { role }] = [layerOf(site.site), site];
    const key = `${role}\n${layer}`;
    all.set(key, { layer, role, ...sumOf([bytesOf(site, buckets), ...[all.get(key) ?? []].flat()]) });
  }
  return [...all.values()];
};

/** Bytes of all sites of a run. */
export const totalBytes = (run: RunView, steps?: ChartOptions["steps"]): Bytes =>
  sumOf(layerBytes(run, steps));

/** Largest number of layers with a row of their own. */
const mostRows = 40;

/** The layers that move most, and all others together, in the order of the network. */
const fewer = (bytes: readonly LayerBytes[]): readonly LayerBytes[] => {
  const layers = [...new Set(bytes.map(({ layer }) => layer))];
  if (layers.length <= mostRows) return bytes;
  const of = (layer: string): number => movedIn(sumOf(bytes.filter((one) => one.layer === layer)));
  const sorted = layers.map((layer) => [layer, of(layer)] as const).sort(([, a], [, b]) => b - a);
  const kept = new Set(sorted.slice(0, mostRows - 1).map(([layer]) => layer));
  const others = `${layers.length - kept.size} other layers`;
  const roles = [...new Set(bytes.map(({ role }) => role))];
  return [
    ...bytes.filter(({ layer }) => kept.has(layer)),
    ...roles.map((role) => ({
      layer: others,
      role,
      ...sumOf(bytes.filter((one) => one.role === role && !kept.has(one.layer))),
    })),
  ];
};

const kinds = [
  ["statically", "moved, range was there", "var(--rf-static, #0068a8)"],
  ["dynamically", "moved, range was waited for", "var(--rf-dynamic, #c44e00)"],
  ["saved", "saved by ranges that were there", "var(--rf-saved, #b9d6ea)"],
] as const;

const barText = (one: LayerBytes): string =>
  [
    `${one.layer}, ${roleTitles[one.role]}`,
    ...kinds.map(([kind, title]) => `${bytesText(one[kind])} ${title}`),
  ].join("\n");

/** Longest name, in letters, that is written in full, and pixels per letter. */
const mostLetters = 30;
const letter = 6.6;

/**
 * Bar chart of bytes moved: a row for each layer, a column for each role. If there are many layers, those that move least share a row.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const chart = bytesMoved(run);
 */
export const bytesMoved = (run: RunView, options: ChartOptions = {}): Chart => {
  const bytes = fewer(layerBytes(run, options.steps));
  const layers = [...new Set(bytes.map(({ layer }) => layer))];
  const parts = bytes.flatMap((one) =>
    kinds.map(([kind, title]) => ({ layer: one.layer, role: roleTitles[one.role], title, bytes: one[kind] })),
  );
  const ends = bytes.map((one) => ({
    ...one,
    role: roleTitles[one.role],
    end: movedIn(one) + one.saved,
    text: barText(one),
  }));
  const { unit, bytes: bytesOfUnit } = byteUnit(Math.max(0, ...ends.map(({ end }) => end)));
  const longest = Math.min(mostLetters, Math.max(4, ...layers.map(({ length }) => length)));
  return drawn(options, {
    ariaLabel: `Bytes moved and saved by ${run.name}, by layer and role`,
    height: 64 + 16 * layers.length,
    marginTop: 26,
    marginLeft: 14 + letter * longest,
    marginBottom: 38,
    x: {
      label: unit,
      transform: (count: number) => count / bytesOfUnit,
      ticks: (options.width ?? 760) < 700 ? 2 : 3,
      grid: true,
      insetRight: 2,
    },
    y: { domain: layers, label: null, axis: null },
    fx: {
      domain: Object.values(roleTitles).filter((title) => parts.some(({ role }) => role === title)),
      label: null,
      padding: 0.14,
    },
    color: {
      legend: true,
      domain: kinds.map(([, title]) => title),
      range: kinds.map(([, , colour]) => colour),
    },
    marks: [
      Plot.axisY(layers, {
        tickSize: 0,
        lineWidth: mostLetters * 0.6,
        textOverflow: "ellipsis-start",
        facetAnchor: "left",
      }),
      Plot.barX(parts, {
        ...{ x: "bytes", y: "layer", fx: "role", fill: "title" },
        order: kinds.map(([, title]) => title),
        insetTop: 1,
        insetBottom: 1,
      }),
      Plot.tip(ends, Plot.pointer({ x: "end", y: "layer", fx: "role", title: "text", maxRadius: 400 })),
    ],
  });
};
