/** @file What runs of a cell have in common: all that decides their bits but the seed, and what a study varies although it changes none. */
import { type Identity, runIdOf } from "../runs/identity.ts";

/**
 * Settings that change no bit, and that a study may vary all the same, for its seconds. Where it does not, they are what the machine had to
 * give, such as the threads that were free, and tell no cells apart.
 */
export const measured = ["engine", "threads"] as const;

/** Those of them that tell the cells of a study apart. */
export const measuredOf = (axes: readonly string[]): readonly string[] =>
  measured.filter((name) => axes.includes(name));

/**
 * A name that runs have in common which differ in their seeds alone.
 *
 * @param axes settings that the study varies; of those that change no bit only these count
 */
export const cellId = (identity: Identity, axes: readonly string[]): string => {
  const { seed: _, ...settings } = identity.settings;
  return [
    runIdOf({ ...identity, settings }),
    ...measuredOf(axes).map((name) => `${name}=${settings[name]}`),
  ].join();
};

/** A name that the same run has wherever it lies: its cell with its seed. */
export const seededId = (identity: Identity, axes: readonly string[]): string =>
  `${cellId(identity, axes)} seed=${identity.settings.seed}`;

/** Settings that change no bit and with several values of which the same run is there, so that it has been made for these. */
export const measuredIn = (identities: readonly Identity[]): readonly string[] =>
  measured.filter((name) => {
    const values = new Map<string, unknown>();
    return identities.some((identity) => {
      const others = measured.filter((other) => other !== name);
      const id = seededId(identity, others);
      const value = String(identity.settings[name]);
      const isOther = values.has(id) && values.get(id) !== value;
      values.set(id, value);
      return isOther;
    });
  });
