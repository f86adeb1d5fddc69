/** @file Matches the tensors of a file with the parameters of a network, or reports everything that does not match. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { firstFew } from "../../core/firstFew.ts";
import { nearestTo } from "../../core/nearest.ts";
import { sameShape, shapeText } from "../../core/tensor.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";
import { attentionProjections } from "./attentionProjections.ts";
import { foldedNormalizations } from "./foldedNormalizations.ts";
import { type NameMap, nameBy } from "./nameMap.ts";
import { checkMap, type Names } from "./names.ts";
import { otherEpsilon } from "./otherEpsilon.ts";
import { otherSlide } from "./otherSlide.ts";
import { mapText, onlyOfShape, type Wanted } from "./sameShape.ts";
import { torchvisionMap, torchvisionMapOf } from "./torchvisionNames.ts";
import { fromTheirs, layerAndField, type WeightPlace } from "./weightPlaces.ts";
import type { FileTensor, WeightsFile } from "./weightsFile.ts";

/** How a weights file is read into a network. */
export interface MatchOptions {
  /** Whose names the file has. Default: those that match best. */
  readonly names?: Names;
  /** Patterns of layers that keep their random initial values, by their names in Rangeflow or in the file. Default: none. */
  readonly except?: readonly string[];
}

/** A parameter, and the tensor with its values. */
export interface WeightPair {
  readonly place: WeightPlace;
  readonly name: string;
  readonly tensor: FileTensor;
  /** Values in Rangeflow's order. */
  readonly read: () => Float32Array;
}

/** The tensors of a file for all parameters of a network. */
export interface WeightMatch {
  /** Path of the file. */
  readonly file: string;
  readonly metadata: WeightsFile["metadata"];
  /** Whose names the file has, as text. */
  readonly names: string;
  readonly pairs: readonly WeightPair[];
  /** Grids in the file for layers, by the names of their weights. */
  readonly grids?: WeightsFile["grids"];
}

/** An interpretation of the names in a file. */
interface Naming {
  readonly called: string;
  readonly nameOf: (place: WeightPlace) => string;
  /** The map of the names, if there is one. */
  readonly map?: NameMap;
  /** Whether values are in Rangeflow's order and tensors that the network lacks are ignored, as for a checkpoint. */
  readonly isOurs?: boolean;
  /** Common prefix of all names. */
  readonly prefix?: string;
}

const checkpointNames: Naming = {
  called: "names of a checkpoint of Rangeflow",
  nameOf: ({ path }) => path,
  isOurs: true,
};

const namingBy = (called: string, map: NameMap): Naming => ({ called, map, nameOf: nameBy(map) });

const inFront = (prefix: string, { called, nameOf, ...rest }: Naming): Naming => ({
  ...rest,
  called: `${called} behind ${prefix}`,
  nameOf: (place) => `${prefix}${nameOf(place)}`,
  prefix,
});

/** Counters that PyTorch stores with normalizations. They do not affect results. */
const isCounter = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name);

/** The common first segment of all names, such as `module.` of a network that was trained on several devices. */
const commonPrefix = (names: readonly string[]): string => {
  const [first = ""] = names;
  const prefix = first.slice(0, first.indexOf(".") + 1);
  return names.every((name) => name.startsWith(prefix)) ? prefix : "";
};

/** Possible interpretations of the names in a file, unless the user has given one. */
const possibleNamings = (places: readonly WeightPlace[], names: Names | undefined): readonly Naming[] => {
  const own = namingBy("names of rangeflow", {});
  if (names === "rangeflow") return [own];
  if (names !== undefined && names !== "torchvision") return [namingBy("names of a map", names)];
  const map = names === "torchvision" ? torchvisionMapOf("names", places) : torchvisionMap(places);
  const theirs = map === undefined ? [] : [namingBy("names of torchvision", map)];
  return names === undefined ? [own, ...theirs] : theirs;
};

const isExcepted = (except: readonly string[], { path }: WeightPlace, name: string): boolean => {
  const [layer] = layerAndField(path);
  const parents = path.split("/").map((_, i, parts) => parts.slice(0, i).join("/"));
  return except.some((pattern) =>
    [path, layer, ...parents, name, layerAndField(name.replaceAll(".", "/"))[0].replaceAll("/", ".")].some(
      (one) => one !== "" && matches(pattern, one),
    ),
  );
};

/** Whether a pattern excludes a name in the file, by itself or by the module that contains it. */
const leavesOut = (except: readonly string[], name: string): boolean =>
  except.some((pattern) =>
    name
      .split(".")
      .map((_, i, parts) => parts.slice(0, i + 1).join("."))
      .some((part) => matches(pattern, part)),
  );

/** How well names match, and what is left over. */
interface Fit {
  readonly naming: Naming;
  readonly found: readonly (readonly [place: WeightPlace, name: string, tensor: FileTensor])[];
  readonly wanted: readonly Wanted[];
  readonly missing: readonly Wanted[];
  readonly unused: readonly string[];
}

const fitOf = (
  naming: Naming,
  places: readonly WeightPlace[],
  { tensors }: WeightsFile,
  except: readonly string[],
): Fit => {
  const wanted = places
    .map((place) => [place, naming.nameOf(place)] as const)
    .filter(([place, name]) => !isExcepted(except, place, name));
  const found = wanted.flatMap(([place, name]) => {
    const tensor = tensors.get(name);
    return tensor ? [[place, name, tensor] as const] : [];
  });
  const used = new Set(places.map(naming.nameOf));
  return {
    naming,
    found,
    wanted,
    missing: wanted.filter(([, name]) => !tensors.has(name)),
    unused: naming.isOurs
      ? []
      : [...tensors.keys()].filter((name) => !used.has(name) && !isCounter(name) && !leavesOut(except, name)),
  };
};

const leftOver = (
  { path, tensors }: WeightsFile,
  { missing, unused, naming, wanted }: Fit,
  all: readonly string[],
): Problem => {
  const ofShape = onlyOfShape(missing, unused, tensors);
  const near = ([place, name]: Wanted): string => {
    const names = nearestTo(name, unused.length > 0 ? unused : all);
    const alike = ofShape.get(name);
    if (alike !== undefined && !names.includes(alike))
      return `${place.path} (${name}; ${alike} has its shape ${shapeText(tensors.get(alike)!.shape)})`;
    return `${place.path} (${name}${names.length > 0 ? `, nearest ${names.join(" or ")}` : ""})`;
  };
  const found = [
    ...(missing.length > 0 ? [`no tensor for ${firstFew(missing.map(near), 8)}`] : []),
    ...(unused.length > 0 ? [`no parameter for ${firstFew(unused, 8)}`] : []),
  ].join(", and ");
  const map =
    ofShape.size === 0
      ? '{ "ours": "theirs" }'
      : mapText(wanted, ofShape, tensors, { map: {}, prefix: "", ...naming });
  return problem(
    path,
    `${found}, by ${naming.called}`,
    "a tensor for each parameter, and a parameter for each tensor",
    `give a map of names ${ofShape.size === 0 ? "" : "such as "}${map} (--init-names FILE.json, in code names), or leave layers out by the names of rangeflow or of the file (--init-except NAME, in code except)`,
  );
};

const wrongShape = (
  path: string,
  { called }: Naming,
  place: WeightPlace,
  name: string,
  { shape }: FileTensor,
): Problem =>
  problem(
    path,
    `tensor ${name} of ${shapeText(shape)} for ${place.path}`,
    (place.theirShapes.length > 1 ? place.theirShapes.slice(0, 2) : place.theirShapes)
      .map(shapeText)
      .join(" or "),
    `use a network of that size${called.includes("torchvision") ? " (--variant torchvision has the layers of torchvision)" : ""}, or leave the layer at its first values (--init-except ${layerAndField(place.path)[0] || place.path}, in code except)`,
  );

const pairOf = ({ naming }: Fit, place: WeightPlace, name: string, tensor: FileTensor): WeightPair => ({
  place,
  name,
  tensor,
  read: () => (naming.isOurs ? tensor.read() : fromTheirs(place, tensor.read())),
});

/** Patterns that are invalid or exclude nothing. */
const idleExceptions = (
  where: string,
  except: readonly string[],
  places: readonly WeightPlace[],
  { naming }: Fit,
  { tensors }: WeightsFile,
): readonly Problem[] =>
  except.flatMap((pattern) => {
    const wrong = patternProblem(where, pattern);
    if (wrong !== undefined) return [wrong];
    const isUsed =
      places.some((place) => isExcepted([pattern], place, naming.nameOf(place))) ||
      [...tensors.keys()].some((name) => leavesOut([pattern], name));
    const layers = [...new Set(places.map(({ path }) => layerAndField(path)[0]))];
    return isUsed
      ? []
      : [
          problem(
            where,
            `"${pattern}", which leaves nothing out`,
            `the name of a layer, such as ${(nearestTo(pattern, layers)[0] ?? layers.at(-1)) || "conv1"}`,
          ),
        ];
  });

/** Whether a file is a checkpoint of a run. */
const isCheckpoint = ({ metadata }: WeightsFile): boolean => metadata.format === "rangeflow-checkpoint";

/**
 * Finds the tensor of each parameter of a network.
 *
 * @throws `RangeflowFailure` with every name and shape that does not match
 */
export const weightMatch = (
  places: readonly WeightPlace[],
  given: WeightsFile,
  { names, except = [] }: MatchOptions,
): WeightMatch => {
  const file = attentionProjections(given);
  if (names !== undefined && names !== "rangeflow" && names !== "torchvision")
    checkMap(`names for ${file.path}`, names, places);
  const all = [...file.tensors.keys()].filter((name) => !isCounter(name));
  const prefix = commonPrefix(all);
  const namings = isCheckpoint(file)
    ? [checkpointNames]
    : possibleNamings(
        places.filter((place) => !isExcepted(except, place, "")),
        names,
      ).flatMap((naming) => (prefix === "" ? [naming] : [naming, inFront(prefix, naming)]));
  const fits = namings
    .map((naming) => fitOf(naming, places, file, except))
    .sort((a, b) => b.found.length - a.found.length);
  const fit = fits[0] as Fit;
  const { naming, found, missing, unused } = fit;
  const isLeft = missing.length > 0 || unused.length > 0;
  const shapes = found.filter(([place, , { shape }]) =>
    naming.isOurs
      ? !sameShape(shape, place.shape)
      : !place.theirShapes.some((expected) => sameShape(expected, shape)),
  );
  const nothing =
    found.length === 0 && !isLeft
      ? [
          problem(
            file.path,
            "weights that are all left out",
            "at least one to start from",
            "leave fewer layers out",
          ),
        ]
      : [];
  const problems = [
    ...nothing,
    ...idleExceptions("--init-except", except, places, fit, file),
    ...(isLeft ? [foldedNormalizations(file, fit.wanted, missing) ?? leftOver(file, fit, all)] : []),
    ...shapes.map(([place, name, tensor]) => wrongShape(file.path, naming, place, name, tensor)),
    ...found.flatMap(([place, name, tensor]) => otherSlide(file.path, name, place, tensor)),
    ...otherEpsilon(file.path, found),
  ];
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return {
    file: file.path,
    metadata: file.metadata,
    ...(file.grids && { grids: file.grids }),
    names: naming.called,
    pairs: found.map(([place, name, tensor]) => pairOf(fit, place, name, tensor)),
  };
};
