/** @file Names that other programs have for the parameters of a network. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { isRecord } from "../../core/guards.ts";
import { expectedName } from "../../core/nearest.ts";
import { decodeJson } from "../files/json.ts";
import { readText } from "../files/regularFile.ts";
import type { NameMap } from "./nameMap.ts";
import type { WeightPlace } from "./weightPlaces.ts";

/** Whose names a file has: Rangeflow's in PyTorch's spelling, torchvision's, or those of a map. */
export type Names = "rangeflow" | "torchvision" | NameMap;

/** Paths of a network that a map may contain. */
const pathsOf = (places: readonly WeightPlace[]): ReadonlySet<string> =>
  new Set(
    places.flatMap(({ path }) => {
      const parts = path.split("/");
      return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
    }),
  );

/**
 * Refuses what is no map of names, and a map with names that the network does not have.
 *
 * @param where the map, for messages
 * @throws `RangeflowFailure` with every such name
 */
export const checkMap = (where: string, map: NameMap, places: readonly WeightPlace[]): void => {
  const expected = 'rangeflow, torchvision, or a map { "ours": "theirs", .. } of texts';
  if (!isRecord(map) || map instanceof Map)
    throw new RangeflowFailure(
      problem(
        where,
        map instanceof Map ? "a Map, whose entries are no properties" : valueText(map),
        expected,
      ),
    );
  const odd = Object.entries(map).find(([, theirs]) => typeof theirs !== "string" || theirs === "");
  if (odd) throw new RangeflowFailure(problem(where, `${odd[0]}: ${valueText(odd[1])}`, expected));
  const paths = pathsOf(places);
  const strange = Object.keys(map).filter((name) => !paths.has(name));
  if (strange.length > 0)
    throw new RangeflowFailure(
      ...strange.map((name) =>
        problem(
          where,
          `the name ${name}`,
          expectedName(name, [...paths], "the path of a layer or of a parameter, such as conv1"),
        ),
      ),
    );
};

const mapIn = (path: string, text: string): NameMap => {
  const expected = '{ "ours": "theirs", .. }, texts alone';
  const decoded = decodeJson(text);
  const map: unknown = decoded._tag === "Right" ? decoded.right : undefined;
  if (!isRecord(map)) throw new RangeflowFailure(problem(path, valueText(map ?? "no JSON"), expected));
  const odd = Object.entries(map).find(([, theirs]) => typeof theirs !== "string");
  if (odd) throw new RangeflowFailure(problem(path, `${odd[0]}: ${valueText(odd[1])}`, expected));
  return map as NameMap;
};

/**
 * Names that an option asks for: `rangeflow`, `torchvision`, or the path of a JSON file with a map.
 *
 * @param where the option, for messages
 * @throws `RangeflowFailure` for a file that is no map of names
 */
export const namesIn = (where: string, asked: string): Names => {
  if (asked === "rangeflow" || asked === "torchvision") return asked;
  if (!/\.json$/i.test(asked))
    throw new RangeflowFailure(
      problem(
        where,
        `"${asked}"`,
        'rangeflow, torchvision, or a file such as ./names.json of { "ours": "theirs" }',
      ),
    );
  return mapIn(asked, readText(asked, "a JSON file of names"));
};
