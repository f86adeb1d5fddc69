/**
 * @file Holes: memory freed within a step, for later tensors of the step.
 *
 * A tensor takes the smallest hole that it fits into, from its start. Adjacent holes are merged, and a hole at the end of the
 * step's allocations is returned to the arena.
 */
import type { Kernels } from "./kernels.ts";

interface Hole {
  readonly at: number;
  readonly bytes: number;
}

/** Freed pieces of memory. */
export interface Holes {
  /** Address of a hole of at least `bytes` bytes, if there is one. */
  take(bytes: number): number | undefined;
  /** Frees `bytes` bytes that were allocated as one. */
  give(at: number, bytes: number): void;
  forget(): void;
}

/** Allocated size for a number of bytes, as `sized` in `assembly/arena.ts`. */
const sized = (bytes: number): number => 64 * Math.floor((bytes + 127) / 64);

/** The holes below the end of some kernels' arena. */
export const holesOf = (kernels: Pick<Kernels, "mark" | "release">): Holes => {
  /** Holes in order of address. */
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
