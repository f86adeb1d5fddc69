/**
 * @file How the sites of a network are quantized, summarized as flat settings: what most sites of a role have, and the sites that differ.
 *   It can be said of any experiment, whether settings, a file or code made it.
 */
import { type Role, roles } from "../../core/signal.ts";
import type { PlanRole } from "../../quantizers/rules/rule.ts";
import { bitsText } from "./bitsTriple.ts";
import { defaults, type Settings } from "./settings.ts";

/** A site and how it is quantized, by names. */
export interface ShownSite {
  readonly site: string;
  readonly role: PlanRole;
  /** Bit width; 32 for float32. */
  readonly bits: number;
  /** Name of its estimator; absent if it needs none. */
  readonly range?: string;
  /** Name of its quantizer; absent if that is the usual uniform one. */
  readonly quantizer?: string;
  /** Whether it has a range per channel. Default: false, or unknown. */
  readonly perChannel?: boolean;
}

/** Names of the settings that a summary may have. */
export const quantizationNames = [
  ...(["bits", "firstBits", "lastBits", "weightGradientBits"] as const),
  ...(["weightRange", "activationRange", "gradientRange", "weightGradientRange"] as const),
  ...(["weightQuantizer", "activationQuantizer", "gradientQuantizer", "weightGradientQuantizer"] as const),
  ...(["bitsAt", "rangeAt", "quantizerAt", "perChannel"] as const),
] as const;

/** Summary of quantized sites. Settings that no site has, or that say nothing beside the others, are left out. */
export type ShownQuantization = Pick<Settings, "bits"> &
  Partial<Omit<Pick<Settings, (typeof quantizationNames)[number]>, "weightGradientBits">> & {
    readonly weightGradientBits?: number;
  };

/** The most frequent value; of several, the first. */
const mostFrequent = <T>(values: readonly T[]): T | undefined => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
};

/** Bit width of most sites of a role, counting only those below 32 bits if there are any; undefined if the role has no site. */
export const usualBits = (
  sites: readonly Pick<ShownSite, "role" | "bits">[],
  role: PlanRole,
): number | undefined => {
  const all = sites.filter((site) => site.role === role).map(({ bits }) => bits);
  return mostFrequent(all.filter((bits) => bits !== 32).toSorted((a, b) => a - b)) ?? all[0];
};

/** Path of the layer that a site belongs to. */
const layerOf = ({ site }: ShownSite): string => site.slice(0, Math.max(0, site.lastIndexOf("/")));

/** Values of a property at sites; undefined at those without it. */
type Property = (site: ShownSite) => string | undefined;

/** `SITE=VALUE` for each site whose value is not the usual one; `LAYER/*=VALUE` if that is so in a whole layer. */
const exceptions = (
  sites: readonly ShownSite[],
  textOf: Property,
  usual: (role: PlanRole) => string | undefined,
): readonly string[] => {
  const having = sites.filter((site) => textOf(site) !== undefined);
  const layers = new Map<string, ShownSite[]>();
  for (const site of having) layers.set(layerOf(site), [...(layers.get(layerOf(site)) ?? []), site]);
  return [...layers].flatMap(([layer, all]) => {
    const unusual = all.filter((site) => textOf(site) !== usual(site.role));
    const values = new Set(unusual.map(textOf));
    return unusual.length > 1 && unusual.length === all.length && values.size === 1 && layer !== ""
      ? [`${layer}/*=${[...values][0]}`]
      : unusual.map((site) => `${site.site}=${textOf(site)}`);
  });
};

const withoutMissing = <T extends object>(all: T): T =>
  Object.fromEntries(
    Object.entries(all).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  ) as T;

/** Bits by role; those of a role without a site count as 32. */
const tripleOf = (bitsOf: (role: Role) => number | undefined): string =>
  bitsText({
    weight: bitsOf("weight") ?? 32,
    activation: bitsOf("activation") ?? 32,
    gradient: bitsOf("gradient") ?? 32,
  });

/** Bits of the first and the last layer if they are others than usual, and the sites of these layers. */
const endsOf = (sites: readonly ShownSite[], usual: (role: PlanRole) => number | undefined) => {
  const layers = [...new Set(sites.filter(({ role }) => role === "weight").map(layerOf))];
  if (layers.length < 2) return { said: new Set<ShownSite>() };
  const siteOf = (layer: string | undefined, role: Role): ShownSite | undefined =>
    sites.find((site) => site.role === role && layerOf(site) === layer);
  const tripleIn = (layer: string | undefined): string | undefined => {
    const bits = tripleOf((role) => siteOf(layer, role)?.bits ?? usual(role));
    return bits === tripleOf(usual) ? undefined : bits;
  };
  const ends = [layers[0], layers.at(-1)];
  return {
    firstBits: tripleIn(ends[0]),
    lastBits: tripleIn(ends[1]),
    said: new Set(ends.flatMap((layer) => roles.map((role) => siteOf(layer, role)))),
  };
};

/** Summary of the sites of a network, which are in its order. */
export const shownSites = (sites: readonly ShownSite[]): ShownQuantization => {
  const bitsOf = (role: PlanRole): number | undefined => usualBits(sites, role);
  const { said, ...ends } = endsOf(sites, bitsOf);
  const quantized = sites.filter(({ bits, quantizer }) => bits !== 32 || quantizer !== undefined);
  const of = (role: PlanRole): readonly ShownSite[] => quantized.filter((site) => site.role === role);
  const rangeOf = (role: PlanRole): string | undefined =>
    mostFrequent(of(role).flatMap(({ range }) => range ?? []));
  const quantizerOf: Property = ({ quantizer }) => quantizer ?? defaults.weightQuantizer;
  const quantizerIn = (role: PlanRole): string | undefined => mostFrequent(of(role).map(quantizerOf));
  const unusual = (role: PlanRole): string | undefined => {
    const quantizer = quantizerIn(role);
    return quantizer === defaults.weightQuantizer ? undefined : quantizer;
  };
  const isPerChannel = mostFrequent(of("weight").map(({ perChannel = false }) => perChannel)) === true;
  return withoutMissing({
    bits: tripleOf(bitsOf),
    ...ends,
    weightGradientBits: bitsOf("weightGradient"),
    weightRange: rangeOf("weight"),
    activationRange: rangeOf("activation"),
    gradientRange: rangeOf("gradient"),
    weightGradientRange: rangeOf("weightGradient"),
    weightQuantizer: unusual("weight"),
    activationQuantizer: unusual("activation"),
    gradientQuantizer: unusual("gradient"),
    weightGradientQuantizer: unusual("weightGradient"),
    bitsAt: exceptions(
      sites.filter((site) => !said.has(site)),
      ({ bits }) => String(bits),
      (role) => String(bitsOf(role)),
    ),
    rangeAt: exceptions(quantized, ({ range }) => range, rangeOf),
    quantizerAt: exceptions(quantized, quantizerOf, quantizerIn),
    perChannel: isPerChannel ? true : undefined,
  }) as ShownQuantization;
};
