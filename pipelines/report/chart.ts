/**
 * @file A chart as SVG text: panels below each other that share their categories, series of points with error bars. It can be read
 * in light and in dark, and without colours, as each series has a mark of its own. It needs nothing beside it.
 */

/** A point, and how far its error bar goes to either side; null for none. */
export interface Value {
  readonly mean: number;
  readonly sd: number | null;
}

export interface Panel {
  /** Quantity that is drawn, with its unit. */
  readonly title: string;
  /** Values by series, then by category; undefined where there is none. */
  readonly values: readonly (readonly (Value | undefined)[])[];
  /** A level that all of them are seen against. */
  readonly level?: Value | undefined;
  /** Whether the axis begins at zero, as that of a cost should. */
  readonly fromZero: boolean;
}

export interface Chart {
  readonly title: string;
  readonly categories: { readonly title: string; readonly names: readonly string[] };
  readonly series: readonly string[];
  /** The name of the panels' levels. */
  readonly level?: string | undefined;
  readonly panels: readonly Panel[];
}

/** Pixels. */
const width = 760;
const left = 64;
const right = 20;
const panelHeight = 190;
/** Distance from the top of a panel to that of the next one. */
const panelPitch = panelHeight + 66;
const legendLine = 20;
/** The part of a category that its points stand in. */
const spreadShare = 0.5;

/** Hues that people with any colour vision tell apart, for white and for dark paper. */
const hues = [
  ["#0068a8", "#5ab4f0"],
  ["#c44e00", "#ff9a4d"],
  ["#00795a", "#35cfa2"],
  ["#a8448a", "#f09ad2"],
  ["#7a6400", "#e3c84a"],
  ["#5a5a5a", "#b8b8b8"],
] as const;

const style = [
  ":root{color-scheme:light dark}",
  "text{font:12px system-ui,sans-serif;fill:#1d2733}.h{font-size:14px;font-weight:600}.q{fill:#51606f}",
  ".paper{fill:#fff}.grid{stroke:#dfe5ea}.axis{stroke:#8593a0}.level{stroke:#51606f;stroke-dasharray:6 4}",
  ".join{fill:none;stroke-width:1.5;opacity:.55}.bar{stroke-width:1.5}.mark{stroke-width:1}",
  ...hues.map(([light], i) => `.s${i}{stroke:${light}}.f${i}{fill:${light}}`),
  "@media(prefers-color-scheme:dark){",
  "text{fill:#e4e9ee}.q{fill:#a9b5c0}.paper{fill:#14191e}.grid{stroke:#2c343c}.axis{stroke:#76838f}.level{stroke:#a9b5c0}",
  ...hues.map(([, dark], i) => `.s${i}{stroke:${dark}}.f${i}{fill:${dark}}`),
  "}",
].join("");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A coordinate to a tenth of a pixel. */
const px = (x: number): string => String(Math.round(10 * x) / 10);

const text = (x: number, y: number, content: string, rest = ""): string =>
  `<text x="${px(x)}" y="${px(y)}"${rest}>${escaped(content)}</text>`;

const line = (x1: number, y1: number, x2: number, y2: number, names: string): string =>
  `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" class="${names}"/>`;

/** The shapes of marks by turns, each about 9 pixels wide. */
const shapes: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${px(x - 4.5)} ${px(y)}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z`,
  (x, y) => `M${px(x - 4)} ${px(y - 4)}h8v8h-8z`,
  (x, y) => `M${px(x)} ${px(y - 5)}l5 9h-10z`,
  (x, y) => `M${px(x)} ${px(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5 -5.5z`,
];

const mark = (series: number, x: number, y: number, tip: string): string => {
  const shape = shapes[series % shapes.length] as (typeof shapes)[number];
  const hue = series % hues.length;
  const title = tip === "" ? "" : `<title>${escaped(tip)}</title>`;
  return `<path d="${shape(x, y)}" class="mark s${hue} f${hue}">${title}</path>`;
};

/** An axis that holds all of `lo` to `hi`, with about five round numbers on it. */
interface Axis {
  readonly lo: number;
  readonly hi: number;
  readonly ticks: readonly number[];
  /** Decimals that its numbers need. */
  readonly digits: number;
}

/** The round step, 1, 2 or 5 times a power of ten, of which `span` holds at most five. */
const stepIn = (span: number): number => {
  const power = 10 ** Math.floor(Math.log10(span / 5));
  return power * ([1, 2, 5].find((factor) => span / (power * factor) <= 5) ?? 10);
};

const axisOf = ({ values, level, fromZero }: Panel): Axis => {
  const all = [...values.flat(), level].filter((value) => value !== undefined);
  const ends = all.flatMap(({ mean, sd }) => [mean - (sd ?? 0), mean + (sd ?? 0)]);
  const least = fromZero ? Math.min(0, ...ends) : Math.min(...ends);
  const most = Math.max(...ends);
  const isWide = Number.isFinite(most - least) && most > least;
  const [from, to] = isWide ? [least, most] : [ends[0] ?? 0, (ends[0] ?? 0) + 1];
  const step = stepIn(to - from);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  return {
    lo: first * step,
    hi: last * step,
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)),
  };
};

const valueText = ({ mean, sd }: Value, digits: number): string =>
  sd === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`;

const panelText = (
  { categories, series, level: levelName }: Chart,
  panel: Panel,
  top: number,
): readonly string[] => {
  const { lo, hi, ticks, digits } = axisOf(panel);
  const bottom = top + panelHeight;
  const pitch = (width - left - right) / categories.names.length;
  const heightOf = (value: number): number => bottom - ((value - lo) / (hi - lo)) * panelHeight;
  const middleOf = (category: number): number => left + (category + 0.5) * pitch;
  /** Series stand side by side, so that their error bars do. */
  const placeOf = (one: number, category: number): number =>
    middleOf(category) + spreadShare * pitch * ((one + 0.5) / series.length - 0.5);
  const tip = (name: string, category: string, value: Value): string =>
    [name, category, valueText(value, digits + 2)].filter((part) => part !== "").join(", ");

  const drawn = panel.values.map((values, one) => {
    const points = values.flatMap((value, category) =>
      value === undefined ? [] : [{ value, category, x: placeOf(one, category), y: heightOf(value.mean) }],
    );
    const hue = one % hues.length;
    const joined = points.map(({ x, y }) => `${px(x)},${px(y)}`).join(" ");
    const bars = points.flatMap(({ value: { mean, sd }, x }) => {
      if (sd === null || sd === 0) return [];
      const [y1, y2] = [heightOf(mean + sd), heightOf(mean - sd)];
      const names = `bar s${hue}`;
      return [
        line(x, y1, x, y2, names),
        line(x - 4, y1, x + 4, y1, names),
        line(x - 4, y2, x + 4, y2, names),
      ];
    });
    return [
      ...(points.length > 1 ? [`<polyline points="${joined}" class="join s${hue}"/>`] : []),
      ...bars,
      ...points.map(({ value, category, x, y }) =>
        mark(one, x, y, tip(series[one] ?? "", categories.names[category] as string, value)),
      ),
    ];
  });
  const { level } = panel;
  return [
    "<g>",
    text(left, top - 12, panel.title, ' class="h"'),
    ...ticks.flatMap((tick) => [
      line(left, heightOf(tick), width - right, heightOf(tick), "grid"),
      text(left - 8, heightOf(tick) + 4, tick.toFixed(digits), ' class="q" text-anchor="end"'),
    ]),
    line(left, bottom, width - right, bottom, "axis"),
    ...categories.names.map((name, i) => text(middleOf(i), bottom + 18, name, ' text-anchor="middle"')),
    ...(level === undefined
      ? []
      : [
          `<g><title>${escaped(tip(levelName ?? "", "", level))}</title>`,
          line(left, heightOf(level.mean), width - right, heightOf(level.mean), "level"),
          "</g>",
        ]),
    ...drawn.flat(),
    "</g>",
  ];
};

/** Draws a chart: the text of an SVG file, which is the same for the same chart. */
export const chartText = (chart: Chart): string => {
  const named = chart.series.filter((name) => name !== "");
  const entries = [
    ...named.map((name, i) => (y: number) => [mark(i, left + 12, y - 4, ""), text(left + 32, y, name)]),
    ...(chart.level === undefined
      ? []
      : [
          (y: number) => [
            line(left, y - 4, left + 24, y - 4, "level"),
            text(left + 32, y, chart.level as string),
          ],
        ]),
  ];
  const legendTop = 48;
  const firstPanel = legendTop + legendLine * entries.length + 28;
  const height = firstPanel + panelPitch * chart.panels.length - 14;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(chart.title)}</title>`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" class="paper"/>`,
    text(left, 24, chart.title, ' class="h"'),
    ...entries.flatMap((entry, i) => entry(legendTop + legendLine * i)),
    ...chart.panels.flatMap((panel, i) => panelText(chart, panel, firstPanel + panelPitch * i)),
    text((left + width - right) / 2, height - 12, chart.categories.title, ' class="q" text-anchor="middle"'),
    "</svg>",
    "",
  ].join("\n");
};
