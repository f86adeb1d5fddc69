/** @file Our names of layers and parameters, and what others call them. */
import { layerAndField, type WeightPlace } from "./weightPlaces.ts";

/**
 * Our names and theirs: of a layer, `{ "conv1": "features.0" }`, of all that is below a path, `{ "layer1": "encoder.layer1" }`, or of one
 * parameter, `{ "norm1/scale": "gamma" }`. The longest path decides; what no entry names is called as PyTorch would.
 */
export type NameMap = Readonly<Record<string, string>>;

/** What PyTorch calls the parameters of a batch normalization. */
const fields: Readonly<Record<string, string>> = {
  scale: "weight",
  shift: "bias",
  mean: "running_mean",
  variance: "running_var",
};

/** What PyTorch calls a parameter of a layer; that of a normalization by the field that it has there. */
const fieldOf = ({ path, kind }: WeightPlace): string => {
  const [, field] = layerAndField(path);
  return kind === "normalization" || kind === "statistic" ? (fields[field] ?? field) : field;
};

/** What a map says of a path; nothing of names that every object has. */
export const nameIn = (map: NameMap, path: string): string | undefined =>
  Object.hasOwn(map, path) ? map[path] : undefined;

/** The name of a parameter by a map: by an empty one it is ours as PyTorch spells it, `layer1.block1.norm1.running_mean`. */
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
