/**
 * @file Pools: cells whose differences from their counterparts are summarized together, over groups and over the settings that they
 *   change.
 */
import { decisive, spelled } from "../runs/identity.ts";
import { optionName } from "../settings/settings.ts";
import type { Counterparts } from "./counterparts.ts";
import type { IdentifiedCell } from "./groups.ts";

/** Cells that are summarized together. */
export interface Pool {
  /** What the cells change: `gradient-range inHindsight`, or `inHindsight in activation-range, gradient-range`. */
  readonly name: string;
  /** Numbers of the cells. */
  readonly cells: readonly number[];
}

/** A cell next to its counterpart. */
interface Change {
  readonly cell: number;
  readonly first: number;
  /** All settings of its counterpart, without those that distinguish groups. */
  readonly base: string;
  /** Settings that the counterpart states in addition. */
  readonly said: ReadonlyMap<string, string>;
  /** Settings that differ, each with the value of the cell. */
  readonly changed: readonly (readonly [option: string, value: string])[];
}

const valuesOf = ({ identity }: IdentifiedCell): ReadonlyMap<string, string> => {
  const names = identity.from === "settings" ? decisive : Object.keys(identity.settings);
  return new Map(names.filter((name) => name !== "seed").map((name) => [name, spelled(identity, name)]));
};

const changeOf = (
  cells: readonly IdentifiedCell[],
  within: readonly string[],
  [cell, other, first]: readonly [cell: number, counterpart: number, first: number],
): Change => {
  const [own, others] = [valuesOf(cells[cell]!), valuesOf(cells[other]!)];
  const base = [...others].filter(([name]) => !within.includes(name));
  const changed = [...own].filter(([name, value]) => others.get(name) !== value);
  return {
    cell,
    first,
    base: JSON.stringify(base),
    said: new Map(
      Object.entries(cells[other]!.settings)
        .filter(([name]) => !within.includes(name))
        .map(([name, value]) => [optionName(name), String(value)]),
    ),
    changed: changed.map(([name, value]) => [optionName(name), value]),
  };
};

const grouped = (changes: readonly Change[], key: (change: Change) => unknown): readonly Change[][] => {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const text = JSON.stringify([change.base, key(change)]);
    groups.set(text, [...(groups.get(text) ?? []), change]);
  }
  return [...groups.values()];
};

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

const valuesIn = ({ changed }: Change): readonly string[] =>
  distinct(changed.map(([, value]) => value)).toSorted();

const nameOf = ({ changed }: Change): string =>
  changed.map(([option, value]) => `${option} ${value}`).join(", ");

const nameOfValues = (pool: readonly Change[]): string => {
  const options = pool.flatMap(({ changed }) => changed.map(([option]) => option));
  return `${valuesIn(pool[0]!).join(" and ")} in ${distinct(options).join(", ")}`;
};

/** Names of pools. Equal names get a suffix in brackets with what distinguishes their counterparts. */
const named = (pools: readonly (readonly Change[])[], name: (pool: readonly Change[]) => string) =>
  pools.map((pool): Pool => {
    const [own, plain] = [pool[0]!.said, name(pool)];
    const alike = pools.filter((other) => name(other) === plain).map(([other]) => other!.said);
    const apart = [...own].filter(([option, value]) => alike.some((said) => said.get(option) !== value));
    const brackets = apart.map(([option, value]) => `${option} ${value}`).join(", ");
    return {
      name: brackets === "" ? plain : `${plain} (${brackets})`,
      cells: pool.map(({ cell }) => cell),
    };
  });

/**
 * The pools of a study. Consider cells of several groups whose counterparts are equal, except for what distinguishes groups. They form a
 * pool if they change the same settings, for example an estimator of gradients on several networks. They also form a pool if they set the
 * same values in different settings, for example one estimator for gradients, for activations and for both.
 *
 * @param firsts the first cell of each cell's group
 */
export const poolsOf = (
  cells: readonly IdentifiedCell[],
  within: readonly string[],
  firsts: readonly number[],
  counterparts: Counterparts,
): readonly Pool[] => {
  const changes = counterparts.flatMap((other, cell) =>
    other === undefined ? [] : [changeOf(cells, within, [cell, other, firsts[cell]!])],
  );
  const overGroups = grouped(changes, ({ changed }) => changed).filter(
    (pool) => distinct(pool.map(({ first }) => first)).length > 1,
  );
  const overSettings = grouped(changes, valuesIn).filter(
    (pool) => distinct(pool.map(({ changed }) => JSON.stringify(changed))).length > 1,
  );
  return [...named(overGroups, ([change]) => nameOf(change!)), ...named(overSettings, nameOfValues)];
};
