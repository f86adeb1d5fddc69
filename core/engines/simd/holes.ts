/**
 * @file Holes: memory of a step that is free again before the step ends, for tensors that come later.
 *
 * A tensor takes the smallest hole that it fits into, from its beginning. Neighbouring holes become one, and one that reaches the
 * end of what the step has taken is given back there.
 */
import type { Kernels } from "./kernels.ts";

interface Hole {
  readonly at: number;
  readonly bytes: number;
}

/** Stretches of memory that were given back, for others. */
export interface Holes {
  /** Address of a hole that so many bytes fit into, if there is one. */
  take(bytes: number): number | undefined;
  /** Frees so many bytes, which were taken as one. */
  give(at: number, bytes: number): void;
  forget(): void;
}

/** Bytes that an allocation of so many takes, as `sized` of `assembly/arena.ts`. */
const sized = (bytes: number): number => 64 * Math.floor((bytes + 127) / 64);

/** The holes below the end of the arena of some kernels. */
export const holesOf = (kernels: Pick<Kernels, "mark" | "release">): Holes => {
  /** Holes in the order of their addresses. */
  let holes: Hole[] = [];

  const add = (hole: Hole): void => {
    const next = holes.findIndex(({ at }) => at > hole.at);
    holes.splice(next < 0 ? holes.length : next, 0, hole);
  };

  return {
    take: (bytes) => {
      const wanted = sized(bytes);
      let best: Hole | undefined;
      for (const hole of holes)
        if (hole.bytes >= wanted && (best === undefined || hole.bytes < best.bytes)) best = hole;
      if (best === undefined) return undefined;
      const { at, bytes: free } = best;
      holes.splice(holes.indexOf(best), 1);
      if (free > wanted) add({ at: at + wanted, bytes: free - wanted });
      return at;
    },
    give: (at, bytes) => {
      const end = at + sized(bytes);
      const before = holes.find((hole) => hole.at + hole.bytes === at);
      const behind = holes.find((hole) => hole.at === end);
      holes = holes.filter((hole) => hole !== before && hole !== behind);
      const first = before?.at ?? at;
      const last = behind ? behind.at + behind.bytes : end;
      if (last === kernels.mark() >>> 0) kernels.release(first);
      else add({ at: first, bytes: last - first });
    },
    forget: () => {
      holes = [];
    },
  };
};
