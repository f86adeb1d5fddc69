/**
 * @file Strokes on a small grey canvas.
 *
 * Only +, -, *, / and square roots are used, which all machines round alike, so that the drawn bytes are the same everywhere.
 */

export type Point = readonly [x: number, y: number];

/** A line through its points. */
export type Stroke = readonly Point[];

/** Coverage of each pixel by ink, 0 to 1, row by row. */
export interface Canvas {
  readonly side: number;
  readonly ink: Float32Array;
}

/**
 * A point of the unit circle. `turn` counts quarters of a full turn: 0 is right, 1 down, 2 left, 3 up.
 *
 *     ((1 - t^2) / (1 + t^2), 2t / (1 + t^2)) for t from 0 to 1 is a quarter of the circle, without sine and cosine
 */
export const onCircle = (turn: number): Point => {
  const quarter = Math.floor(turn);
  const t = turn - quarter;
  const x = (1 - t * t) / (1 + t * t);
  const y = (2 * t) / (1 + t * t);
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return [x, y];
    case 1:
      return [-y, x];
    case 2:
      return [-x, -y];
    default:
      return [y, -x];
  }
};

/** Part of an ellipse, as `pieces` straight lines. */
export const arc = ([x, y]: Point, [rx, ry]: Point, from: number, to: number, pieces: number): Stroke =>
  Array.from({ length: pieces + 1 }, (_, i) => {
    const [cx, cy] = onCircle(from + ((to - from) * i) / pieces);
    return [x + rx * cx, y + ry * cy];
  });

/**
 * Calls `paint` with the coverage of every pixel that a line of this thickness touches.
 *
 *     coverage = thickness / 2 + 1/2 - distance from the pixel's centre to the line, limited to [0, 1]
 */
const sweep = (
  side: number,
  [ax, ay]: Point,
  [bx, by]: Point,
  thickness: number,
  paint: (pixel: number, coverage: number) => void,
): void => {
  const reach = thickness / 2 + 0.5;
  const left = Math.max(Math.ceil(Math.min(ax, bx) - reach), 0);
  const right = Math.min(Math.floor(Math.max(ax, bx) + reach), side - 1);
  const top = Math.max(Math.ceil(Math.min(ay, by) - reach), 0);
  const bottom = Math.min(Math.floor(Math.max(ay, by) + reach), side - 1);
  const dx = bx - ax;
  const dy = by - ay;
  const squared = Math.max(dx * dx + dy * dy, 1e-12);
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const along = Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / squared, 0), 1);
      const ex = x - ax - along * dx;
      const ey = y - ay - along * dy;
      const coverage = reach - Math.sqrt(ex * ex + ey * ey);
      if (coverage > 0) paint(y * side + x, Math.min(coverage, 1));
    }
};

const eachLine = (stroke: Stroke, f: (a: Point, b: Point) => void): void => {
  for (let i = 1; i < stroke.length; i++) f(stroke[i - 1]!, stroke[i]!);
};

/** Draws a stroke with ink of the given `strength`, 0 to 1. Where strokes cross, the stronger one wins. */
export const draw = ({ side, ink }: Canvas, stroke: Stroke, thickness: number, strength: number): void =>
  eachLine(stroke, (a, b) =>
    sweep(side, a, b, thickness, (pixel, coverage) => {
      ink[pixel] = Math.max(ink[pixel]!, strength * coverage);
    }),
  );

/** Erases ink along a stroke. */
export const erase = ({ side, ink }: Canvas, stroke: Stroke, thickness: number): void =>
  eachLine(stroke, (a, b) =>
    sweep(side, a, b, thickness, (pixel, coverage) => {
      ink[pixel] = Math.min(ink[pixel]!, 1 - coverage);
    }),
  );
