/** @file Suggests tensors for missing parameters by shape, if that is unambiguous. */
import { sameShape } from "../../core/tensor.ts";
import type { NameMap } from "./nameMap.ts";
import { layerAndField, type WeightPlace } from "./weightPlaces.ts";
import type { WeightsFile } from "./weightsFile.ts";

type Tensors = WeightsFile["tensors"];

/** A parameter, and the name that was looked for. */
export type Wanted = readonly [place: WeightPlace, name: string];

/** The only tensor with the shape of a parameter that is itself the only one of this shape, by the name that was looked for. */
export const onlyOfShape = (
  missing: readonly Wanted[],
  unused: readonly string[],
  tensors: Tensors,
): ReadonlyMap<string, string> => {
  const fits = ({ theirShapes }: WeightPlace, name: string): boolean =>
    theirShapes.some((shape) => sameShape(shape, tensors.get(name)!.shape));
  return new Map(
    missing.flatMap(([place, wanted]) => {
      const [name, ...more] = unused.filter((one) => fits(place, one));
      const isOnly = name !== undefined && missing.filter(([other]) => fits(other, name)).length === 1;
      return isOnly && more.length === 0 ? [[wanted, name] as const] : [];
    }),
  );
};

/**
 * A map of names that finds all parameters, as JSON: the entries of the given map, and additional ones, for layers whose parameters have
 * similar names, and otherwise for single parameters.
 *
 * @param wanted all parameters
 * @param found names of tensors, by the names that were looked for
 * @param given the map that was used, and the common prefix of all names in the file, which a map leaves out
 */
export const mapText = (
  wanted: readonly Wanted[],
  found: ReadonlyMap<string, string>,
  tensors: Tensors,
  { map, prefix }: { readonly map: NameMap; readonly prefix: string },
): string => {
  const fieldOf = (name: string): string => name.slice(name.lastIndexOf("."));
  const entries = wanted.flatMap(([{ path }, own]): (readonly [string, string])[] => {
    const name = found.get(own);
    if (name === undefined) return [];
    const [layer] = layerAndField(path);
    const theirs = name.slice(0, -fieldOf(name).length);
    const isWhole =
      layer !== "" &&
      theirs !== "" &&
      fieldOf(name) === fieldOf(own) &&
      wanted
        .filter(([other]) => layerAndField(other.path)[0] === layer)
        .every(([, other]) => tensors.has(`${theirs}${fieldOf(other)}`));
    return [isWhole ? [layer, theirs.slice(prefix.length)] : [path, name.slice(prefix.length)]];
  });
  const lines = Object.entries({ ...map, ...Object.fromEntries(entries) }).map(
    ([ours, theirs]) => `${JSON.stringify(ours)}: ${JSON.stringify(theirs)}`,
  );
  return `{ ${lines.join(", ")} }`;
};
