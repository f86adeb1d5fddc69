/** @file Names in torchvision of the layers of networks that both have. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type NameMap, nameIn } from "./nameMap.ts";
import { layerAndField, type WeightPlace } from "./weightPlaces.ts";

/** Entries for a convolution and the normalization after it. */
const convNorm = (path: string, name: string, conv: string, norm: string): NameMap => ({
  [`${path}conv${name}`]: conv,
  [`${path}norm${name}`]: norm,
});

const counted = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const merged = (maps: readonly NameMap[]): NameMap => Object.assign({}, ...maps);

/** `resnet18`: `layer2/block1/convShortcut` is `layer2.0.downsample.0`. */
const resnet18: NameMap = {
  ...convNorm("", "1", "conv1", "bn1"),
  ...merged(
    counted(4, (l) =>
      merged(
        counted(2, (b) => {
          const path = `layer${l + 1}/block${b + 1}/`;
          const theirs = `layer${l + 1}.${b}`;
          return {
            ...convNorm(path, "1", `${theirs}.conv1`, `${theirs}.bn1`),
            ...convNorm(path, "2", `${theirs}.conv2`, `${theirs}.bn2`),
            ...convNorm(path, "Shortcut", `${theirs}.downsample.0`, `${theirs}.downsample.1`),
          };
        }),
      ),
    ),
  ),
  dense: "fc",
};

/** `vgg16_bn`: convolution, normalization and rectifier take one number each, and so does a max pooling. */
const vgg16 = ((): NameMap => {
  let at = 0;
  const layers = [2, 2, 3, 3, 3].map((convolutions, l) => {
    const layer = counted(convolutions, (c) => {
      const entry = convNorm(`layer${l + 1}/`, `${c + 1}`, `features.${at}`, `features.${at + 1}`);
      at += 3;
      return entry;
    });
    at += 1;
    return merged(layer);
  });
  return {
    ...merged(layers),
    ...{ dense1: "classifier.0", dense2: "classifier.3", dense3: "classifier.6" },
    dense: "classifier.6",
  };
})();

/** One inverted residual of `mobilenet_v2`. The first one has no expansion. */
const inverted = (path: string, name: string, isFirst: boolean): NameMap => {
  const steps = isFirst ? ["2", "3"] : ["1", "2", "3"];
  return merged(
    steps.map((step, i) =>
      i < steps.length - 1
        ? convNorm(path, step, `${name}.conv.${i}.0`, `${name}.conv.${i}.1`)
        : convNorm(path, step, `${name}.conv.${i}`, `${name}.conv.${i + 1}`),
    ),
  );
};

/** `mobilenet_v2`: blocks are numbered through all layers. */
const mobileNetV2 = ((): NameMap => {
  let at = 0;
  const blocks = [1, 2, 3, 4, 3, 3, 1].map((count, l) =>
    merged(
      counted(count, (b) => {
        at += 1;
        return inverted(`layer${l + 1}/block${b + 1}/`, `features.${at}`, at === 1);
      }),
    ),
  );
  return {
    ...convNorm("", "1", "features.0.0", "features.0.1"),
    ...merged(blocks),
    ...convNorm("", "2", "features.18.0", "features.18.1"),
    dense: "classifier.1",
  };
})();

/** Names of the layers of torchvision's `resnet18`, `vgg16_bn` and `mobilenet_v2`, by Rangeflow's name of the network. */
export const torchvisionNames = { resnet18, vgg16, mobileNetV2 } as const satisfies Readonly<
  Record<string, NameMap>
>;

/** The map of the torchvision network with all layers of this one; undefined if there is none. */
export const torchvisionMap = (places: readonly WeightPlace[]): NameMap | undefined => {
  const layers = places.map(({ path }) => layerAndField(path)[0]);
  return Object.values<NameMap>(torchvisionNames).find((map) =>
    layers.every((layer) => nameIn(map, layer) !== undefined),
  );
};

/**
 * The same, or a failure.
 *
 * @param where what needs torchvision's names, for messages
 * @throws `RangeflowFailure` if torchvision does not have this network
 */
export const torchvisionMapOf = (where: string, places: readonly WeightPlace[]): NameMap => {
  const map = torchvisionMap(places);
  if (map !== undefined) return map;
  throw new RangeflowFailure(
    problem(
      where,
      "torchvision, which does not have this network",
      `one of ${Object.keys(torchvisionNames).join(", ")}`,
      "use the names of rangeflow, or give a map",
    ),
  );
};
