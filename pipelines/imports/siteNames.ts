/** @file Sites of an imported recording: a path and a role for each, with the ranks of a distributed run separate or merged. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { firstFew } from "../../core/firstFew.ts";
import { type Role, roles } from "../../core/signal.ts";
import { matches } from "../../quantizers/rules/sitePattern.ts";
import type { ImportedSite } from "./importedSites.ts";
import { roleNamed, roleOf } from "./roleOf.ts";
import { mapped, type SiteMapping } from "./siteMap.ts";

/** What to do with the ranks of a distributed run: separate sites `rank0/..`, or one site with the union of all ranks. */
export const rankNames = ["separate", "merge"] as const;
/** One of `rankNames`. */
export type Ranks = (typeof rankNames)[number];

/** Sites of a recording. */
export interface SiteNames {
  /** Paths, without duplicates. */
  readonly paths: readonly string[];
  readonly roles: readonly Role[];
  /** Role of each path, as an index. */
  readonly roleOf: readonly number[];
  /** Index of each imported site's path; -1 if the site is dropped. */
  readonly index: Int32Array;
}

interface Naming {
  readonly mappings: readonly SiteMapping[];
  readonly ranks: Ranks;
}

/** Names that occur with several role words. The role becomes part of their paths. */
const namesOfSeveralRoles = (sites: readonly ImportedSite[]): ReadonlySet<string> => {
  const words = new Map<string, string>();
  const several = new Set<string>();
  for (const { name, roleWord } of sites) {
    const other = words.get(name);
    if (other !== undefined && other !== roleWord) several.add(name);
    words.set(name, roleWord);
  }
  return several;
};

/** Refuses a pattern that matches no name. */
const checkUsed = (sites: readonly ImportedSite[], mappings: readonly SiteMapping[]): void => {
  const idle = mappings.find(({ pattern }) => sites.every(({ name }) => !matches(pattern, name)));
  if (idle !== undefined)
    throw new RangeflowFailure(
      problem(
        "--map",
        `"${idle.pattern}", which matches no site`,
        `a pattern of ${firstFew([...new Set(sites.map(({ name }) => name))])}`,
      ),
    );
};

/**
 * Names the sites of an import.
 *
 * @throws `RangeflowFailure` if the role of a tensor is unknown, or two tensors would have the same path
 */
export const siteNames = (sites: readonly ImportedSite[], { mappings, ranks }: Naming): SiteNames => {
  checkUsed(sites, mappings);
  const severalRoles = namesOfSeveralRoles(sites);
  const isDistributed = ranks === "separate" && new Set(sites.map(({ rank }) => rank)).size > 1;
  const index = new Int32Array(sites.length).fill(-1);
  const paths = new Map<string, { readonly at: number; readonly role: Role; readonly of: ImportedSite }>();
  const withoutRole: string[] = [];
  for (const [i, site] of sites.entries()) {
    const said = mapped(mappings, site.name);
    const role = said?.role ?? roleNamed(site.roleWord) ?? roleOf(site.name);
    if (role === "none") continue;
    if (role === undefined) {
      withoutRole.push(site.roleWord === "" ? site.name : `${site.name} (${site.roleWord})`);
      continue;
    }
    const name = said?.site ?? site.name;
    const withRole = severalRoles.has(site.name) && site.roleWord !== "" ? `${name}/${site.roleWord}` : name;
    const path = isDistributed && site.rank >= 0 ? `rank${site.rank}/${withRole}` : withRole;
    const other = paths.get(path);
    if (other !== undefined && (ranks === "separate" || other.of.rank === site.rank || other.role !== role))
      throw new RangeflowFailure(
        problem(
          path,
          `${other.of.name} and ${site.name}, which get the same name`,
          "a unique name for each site",
          "name one of them with --map PATTERN=ROLE:SITE",
        ),
      );
    const at = other?.at ?? paths.size;
    if (other === undefined) paths.set(path, { at, role, of: site });
    index[i] = at;
  }
  if (withoutRole.length > 0)
    throw new RangeflowFailure(
      problem(
        firstFew([...new Set(withoutRole)]),
        "names that do not show a role",
        "weight, activation, input, output, gradient or the like in them",
        "set it with --map 'PATTERN=ROLE', such as --map 'fc*=activation'; --map 'PATTERN=none' leaves sites out",
      ),
    );
  return {
    paths: [...paths.keys()],
    roles,
    roleOf: [...paths.values()].map(({ role }) => roles.indexOf(role)),
    index,
  };
};
