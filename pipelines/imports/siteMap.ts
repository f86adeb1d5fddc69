/**
 * @file What a person says of sites that their names do not: `PATTERN=ROLE`, or `PATTERN=ROLE:SITE` to name them anew.
 *
 *     fc*=activation           gradients/*=gradient:*.grad           loss*=none
 *
 * Later ones go before earlier ones. In a new name each `*` stands for what the same `*` of the pattern stands for. A role of `none` leaves
 * sites out.
 */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Role, roles } from "../../core/signal.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";

/** What is said of some sites. */
export interface SiteMapping {
  /** Pattern of names in the file (`matches`). */
  readonly pattern: string;
  readonly role: Role | "none";
  /** Name to give them. */
  readonly site?: string;
}

const where = "--map";

const isRole = (text: string): text is Role | "none" =>
  text === "none" || roles.some((role) => role === text);

const mapping = (pattern: string, text: string): SiteMapping => {
  const at = text.indexOf(":");
  const [role, site] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  const wrong = patternProblem(where, pattern);
  if (wrong) throw new RangeflowFailure(wrong);
  if (!isRole(role) || pattern === "" || site === "")
    throw new RangeflowFailure(
      problem(
        where,
        `"${pattern}=${text}"`,
        `PATTERN=ROLE or PATTERN=ROLE:SITE, with one of ${roles.join(", ")} or none`,
        "such as --map 'fc*=activation'",
      ),
    );
  return site === undefined ? { pattern, role } : { pattern, role, site };
};

/**
 * What is said of sites by patterns: `{ "fc*": "activation", "gradients/*": "gradient:*.grad" }`.
 *
 * @throws `RangeflowFailure` for a role that is none
 */
export const siteMapOf = (given: Readonly<Record<string, string>>): readonly SiteMapping[] =>
  Object.entries(given).map(([pattern, role]) => mapping(pattern, role));

/** Parts of a name that the stars of a pattern stand for. */
const starsIn = (pattern: string, name: string): readonly string[] => {
  const source = pattern
    .split(/\*+/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("(.*)");
  return new RegExp(`^${source}$`, "s").exec(name)?.slice(1) ?? [];
};

/** What the mappings say of a name; undefined if nothing. */
export const mapped = (
  mappings: readonly SiteMapping[],
  name: string,
): { readonly role: Role | "none"; readonly site: string } | undefined => {
  const found = mappings.findLast(({ pattern }) => matches(pattern, name));
  if (found === undefined) return undefined;
  const { pattern, role, site } = found;
  const stars = site === undefined ? [] : [...starsIn(pattern, name)];
  return { role, site: site?.replace(/\*/g, () => stars.shift() ?? "*") ?? name };
};
