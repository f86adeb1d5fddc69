import type { Parameters } from "../../operators/module/parameters.ts";
import type { WeightMatch } from "./weightMatch.ts";

/** Prefix of the parameters of a network's float32 copy. */
const ofCopy = "float32/";

/**
 * Parameters that start with the values of a file where it has some. Each tensor is read when its parameter is created. The
 * normalizations of a network's float32 copy start like those of the network.
 *
 * @param root path of the scope that the network is built in
 */
export const startingWith = ({ pairs }: WeightMatch, parameters: Parameters, root = ""): Parameters => {
  const byPath = new Map(
    pairs.map((pair) => [root === "" ? pair.place.path : `${root}/${pair.place.path}`, pair]),
  );
  return {
    ...parameters,
    create: (path, kind, shape, fill, learning) => {
      const own = path.startsWith(ofCopy) ? path.slice(ofCopy.length) : path;
      const pair = byPath.get(path) ?? byPath.get(own);
      return parameters.create(path, kind, shape, pair ? (value) => value.set(pair.read()) : fill, learning);
    },
  };
};
