/** @file The arena: one block of memory that the values of a network share, each for as long as it is needed. */
import { type Place, readBy, type Step, writtenBy } from "./steps.ts";

/** A block of bytes that is needed from one step to another, both included. */
export interface Block {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Arena {
  readonly bytes: number;
  /** First byte of each block, in order; all are multiples of 4. */
  readonly offsets: readonly number[];
}

const overlaps = (a: Block, b: Block): boolean => a.first <= b.last && b.first <= a.last;

const aligned = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** Places blocks, largest first, each at the lowest position that does not overlap blocks needed at the same time. */
export const packed = (blocks: readonly Block[]): Arena => {
  const offsets = new Map<Block, number>();
  const byRank = blocks.toSorted((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const block of byRank) {
    const taken = [...offsets]
      .filter(([other]) => overlaps(block, other))
      .map(([other, offset]) => [offset, offset + aligned(other.bytes)] as const)
      .sort(([a], [b]) => a - b);
    let offset = 0;
    for (const [from, to] of taken) if (from < offset + aligned(block.bytes)) offset = Math.max(offset, to);
    offsets.set(block, offset);
  }
  const ends = blocks.map((block) => (offsets.get(block) as number) + aligned(block.bytes));
  return {
    bytes: Math.max(0, ...ends),
    offsets: blocks.map((block) => offsets.get(block) as number),
  };
};

const bytesOf = ({ type, size }: Place): number => (type === "int8" ? size : 4 * size);

/** Memory that a step reads at exactly the element that it writes. */
const readInPlace = ({ source, stages }: Step): readonly Place[] => {
  const along = [
    ...stages.flatMap((stage) => (stage.kind === "add" ? [stage.other.place] : [])),
    ...(source.kind === "load" ? [source.x.place] : []),
  ];
  const elsewhere = new Set(
    source.kind === "load"
      ? []
      : (source.kind === "concat" ? source.parts : [source.x]).map(({ place }) => place),
  );
  return along.filter((place) => !elsewhere.has(place));
};

/** The arena of some steps: its size, and the first byte of each place in it. */
export interface PlannedArena {
  readonly bytes: number;
  readonly offsetOf: (place: Place) => number;
}

/** Plans the arena. A sum takes the memory of one of its summands if that is no longer needed. */
export const plannedArena = (steps: readonly Step[]): PlannedArena => {
  const last = new Map<Place, number>();
  for (const [i, step] of steps.entries())
    for (const place of [...readBy(step), ...writtenBy(step)]) last.set(place, i);
  /** Place whose memory another one uses. */
  const owner = new Map<Place, Place>();
  const blocks = new Map<Place, { bytes: number; first: number; last: number }>();
  for (const [i, step] of steps.entries())
    for (const place of writtenBy(step)) {
      if (place.of !== "arena") continue;
      const end = last.get(place) as number;
      const free = readInPlace(step).find(
        (read) =>
          read.of === "arena" &&
          read.type === place.type &&
          read.size === place.size &&
          last.get(read) === i &&
          place === step.float32,
      );
      const given = free && owner.get(free);
      const block = given && blocks.get(given);
      if (given && block) {
        owner.set(place, given);
        block.last = Math.max(block.last, end);
      } else {
        owner.set(place, place);
        blocks.set(place, { bytes: bytesOf(place), first: i, last: end });
      }
    }
  const places = [...blocks.keys()];
  const { bytes, offsets } = packed([...blocks.values()]);
  const offsetAt = new Map(places.map((place, i) => [place, offsets[i] as number]));
  return { bytes, offsetOf: (place) => offsetAt.get(owner.get(place) as Place) as number };
};
