/** @file Orders rows by step. */

const half = 1 << 16;

/** Sorts indices by 16 bits of their keys. The sort is stable. */
const sortedBy = (places: Uint32Array, key: (place: number) => number): Uint32Array => {
  const starts = new Uint32Array(half + 1);
  for (let i = 0; i < places.length; i++) starts[key(places[i] as number) + 1]! += 1;
  for (let i = 0; i < half; i++) starts[i + 1]! += starts[i] as number;
  const sorted = new Uint32Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    sorted[starts[key(place)]!++] = place;
  }
  return sorted;
};

/** Indices of `rows` rows in the order of their steps. Rows of one step keep their order. */
export const orderByStep = (step: Uint32Array, rows: number): Uint32Array => {
  const places = Uint32Array.from({ length: rows }, (_, i) => i);
  const low = sortedBy(places, (place) => (step[place] as number) & (half - 1));
  return sortedBy(low, (place) => (step[place] as number) >>> 16);
};
