/** @file Cells whose differences from their counterparts are taken together, over groups and over the settings that make them. */
import { decisive, spelled } from "../runs/identity.ts";
import { optionName } from "../settings/settings.ts";
import type { Counterparts } from "./counterparts.ts";
import type { IdentifiedCell } from "./groups.ts";

/** Cells that are told together. */
export interface Pool {
  /** What they differ from their counterparts in: `gradient-range inHindsight`, or `inHindsight in activation-range, gradient-range`. */
  readonly name: string;
  /** Their numbers. */
  readonly cells: readonly number[];
}

/** One cell beside its counterpart. */
interface Change {
  readonly cell: number;
  readonly first: number;
  /** All that its counterpart is, but for what tells groups apart. */
  readonly base: string;
  /** What its counterpart says of itself beside that. */
  readonly said: ReadonlyMap<string, string>;
  /** Settings that differ, each with the value that the cell has. */
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

/** Names of pools; behind those that are alike stands in brackets what tells their counterparts apart. */
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
 * The pools of a study. Where counterparts are alike but for what tells groups apart, cells of several groups that differ from theirs
 * in the same settings are one pool, such as an estimator of gradients on several networks; and so are those that have the same
 * values in different settings, such as one estimator for gradients, for activations and for both.
 *
 * @param firsts the first cell of the group of each
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
