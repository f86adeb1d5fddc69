/** @file Maps from Rangeflow's names of layers and parameters to those of other programs. */
import { layerAndField, type WeightPlace } from "./weightPlaces.ts";

/**
 * A map from Rangeflow's names to others: of a layer, `{ "conv1": "features.0" }`, of everything below a path, `{ "layer1":
 * "encoder.layer1" }`, or of one parameter, `{ "norm1/scale": "gamma" }`. The longest matching path decides. Everything else has
 * PyTorch's name.
 */
export type NameMap = Readonly<Record<string, string>>;

/** PyTorch's names for the parameters of a batch normalization. */
const fields: Readonly<Record<string, string>> = {
  scale: "weight",
  shift: "bias",
  mean: "running_mean",
  variance: "running_var",
};

/** PyTorch's name for a parameter of a layer. */
const fieldOf = ({ path, kind }: WeightPlace): string => {
  const [, field] = layerAndField(path);
  return kind === "normalization" || kind === "statistic" ? (fields[field] ?? field) : field;
};

/** Entry of a map for a path; ignores properties that every object has. */
export const nameIn = (map: NameMap, path: string): string | undefined =>
  Object.hasOwn(map, path) ? map[path] : undefined;

/** Name of a parameter by a map. With an empty map it is Rangeflow's in PyTorch's spelling, `layer1.block1.norm1.running_mean`. */
export const nameBy =
  (map: NameMap) =>
  (place: WeightPlace): string => {
    const { path } = place;
    const own = nameIn(map, path);
    if (own !== undefined) return own;
    const parts = path.split("/").slice(0, -1);
    for (let length = parts.length; length > 0; length--) {
      const theirs = nameIn(map, parts.slice(0, length).join("/"));
      if (theirs !== undefined) return [theirs, ...parts.slice(length), fieldOf(place)].join(".");
    }
    return [...parts, fieldOf(place)].join(".");
  };
