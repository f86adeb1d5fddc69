/** @file Charts are read back from their text: what is drawn where it belongs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Chart, chartText } from "../../../pipelines/report/chart.ts";

const test = suite("chartText");

const chart: Chart = {
  title: 'Bits & "ranges" <of a study>',
  categories: { title: "bits", names: ["8", "6", "4"] },
  series: ["dynamic", "hindsight"],
  level: "float32",
  panels: [
    {
      title: "test accuracy, %",
      fromZero: false,
      level: { mean: 97, sd: 0.1 },
      values: [
        [
          { mean: 96, sd: 0.5 },
          { mean: 95.5, sd: null },
          { mean: 90.25, sd: 1 },
        ],
        [{ mean: 96.5, sd: 0.25 }, undefined, { mean: 91, sd: 0 }],
      ],
    },
    { title: "seconds", fromZero: true, values: [[{ mean: 30, sd: null }], [undefined]] },
  ],
};

const svg = chartText(chart);

const panels = (text: string): readonly string[] => text.split(/^<g>$/m).slice(1);

const numbersIn = (text: string): number[] => (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);

/** Ticks of a value axis: [value, y]. */
const ticksIn = (panel: string): readonly (readonly [number, number])[] =>
  [...panel.matchAll(/<text x="[\d.]+" y="([\d.]+)" class="q" text-anchor="end">([-\d.]+)</g)].map(
    ([, y, value]) => [Number(value), Number(y) - 4] as const,
  );

/** The value that an axis gives to a height. */
const valueAt = (panel: string, y: number): number => {
  const ticks = ticksIn(panel);
  const [[a, ya], [b, yb]] = [ticks[0]!, ticks.at(-1)!];
  return a + ((y - ya) / (yb - ya)) * (b - a);
};

const isNear = (found: number, wanted: number, within = 0.01): void =>
  assert.ok(Math.abs(found - wanted) <= within, `${found}, expected ${wanted}`);

/** The middle of a mark, by what its tip says. */
const markOf = (panel: string, tip: string): { readonly x: number; readonly y: number } => {
  const path = new RegExp(`<path d="([^"]+)" class="mark[^"]*"><title>${tip}[^<]*<`).exec(panel)?.[1];
  assert.ok(path !== undefined, `no mark for ${tip} in ${panel}`);
  const [x, y] = numbersIn(path) as [number, number];
  if (path.includes("a")) return { x: x + 4.5, y };
  assert.match(path, "h8v8");
  return { x: x + 4, y: y + 4 };
};

const linesIn = (panel: string, name: string) =>
  [...panel.matchAll(/<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" class="([^"]+)"/g)]
    .filter(([, , , , , names]) => names?.split(" ")[0] === name)
    .map(([, x1, y1, x2, y2]) => ({ x1: Number(x1), y1: Number(y1), x2: Number(x2), y2: Number(y2) }));

test("the numbers of an axis stand in equal steps, and hold everything that is drawn", () => {
  const [accuracy, seconds] = panels(svg).map(ticksIn) as [
    readonly (readonly [number, number])[],
    readonly (readonly [number, number])[],
  ];
  assert.equal(
    accuracy.map(([value]) => value),
    [88, 90, 92, 94, 96, 98],
  );
  const steps = accuracy.slice(1).map(([, y], i) => accuracy[i]![1] - y);
  for (const step of steps) isNear(step, steps[0]!, 0.11);
  assert.ok(steps[0]! > 0, "more is higher");
  assert.is(seconds[0]?.[0], 0);
  assert.ok(seconds.at(-1)![0] >= 30);
});

test("marks stand at the height of their mean", () => {
  const [accuracy, seconds] = panels(svg) as [string, string];
  for (const [tip, mean] of [
    ["dynamic, 8,", 96],
    ["dynamic, 6,", 95.5],
    ["dynamic, 4,", 90.25],
    ["hindsight, 8,", 96.5],
    ["hindsight, 4,", 91],
  ] as const)
    isNear(valueAt(accuracy, markOf(accuracy, tip).y), mean);
  isNear(valueAt(seconds, markOf(seconds, "dynamic, 8,").y), 30, 0.05);
});

test("each stands over the name of its category, series beside each other", () => {
  const [accuracy] = panels(svg) as [string];
  const middle = (name: string): number =>
    Number(new RegExp(`<text x="([\\d.]+)" [^>]*text-anchor="middle">${name}<`).exec(accuracy)?.[1]);
  for (const name of ["8", "4"]) {
    const [a, b] = ["dynamic", "hindsight"].map((series) => markOf(accuracy, `${series}, ${name},`).x) as [
      number,
      number,
    ];
    assert.ok(a < b);
    isNear((a + b) / 2, middle(name), 0.11);
  }
  assert.ok(markOf(accuracy, "hindsight, 8,").x < markOf(accuracy, "dynamic, 6,").x);
});

test("error bars reach one standard deviation to either side; none where there is none", () => {
  const [accuracy] = panels(svg) as [string];
  const upright = linesIn(accuracy, "bar").filter(({ x1, x2 }) => x1 === x2);
  assert.equal(
    upright.map(({ x1 }) => x1).toSorted((a, b) => a - b),
    ["dynamic, 8,", "hindsight, 8,", "dynamic, 4,"].map(
      (tip) => Math.round(10 * markOf(accuracy, tip).x) / 10,
    ),
  );
  const { y1, y2 } = upright.find(({ x1 }) => Math.abs(x1 - markOf(accuracy, "dynamic, 4,").x) < 0.11)!;
  isNear(valueAt(accuracy, y1), 91.25);
  isNear(valueAt(accuracy, y2), 89.25);
});

test("the level goes across, where there is one", () => {
  const [accuracy, seconds] = panels(svg) as [string, string];
  const [level] = linesIn(accuracy, "level");
  assert.is(level?.y1, level?.y2);
  isNear(valueAt(accuracy, level!.y1), 97);
  assert.equal(linesIn(seconds, "level"), []);
});

test("the legend names series and level; signs that mean something in SVG are escaped", () => {
  for (const name of ["dynamic", "hindsight", "float32"]) assert.match(svg, `>${name}</text>`);
  assert.match(svg, "Bits &amp; &quot;ranges&quot; &lt;of a study&gt;</text>");
  assert.not.match(svg, "<of");
});

test("one value, and none that differ, are drawn as well", () => {
  const one = (values: Chart["panels"][number]["values"]): string =>
    chartText({
      title: "",
      categories: { title: "", names: ["all"] },
      series: [""],
      panels: [{ title: "", fromZero: false, values }],
    });
  for (const text of [one([[{ mean: 5, sd: null }]]), one([[{ mean: 0, sd: 0 }]]), one([[undefined]])])
    assert.not.match(text, /NaN|Infinity/);
});

test.run();
