/**
 * @file Roles that users assign to sites, where their names do not state them: `PATTERN=ROLE`, or `PATTERN=ROLE:SITE` to rename them.
 *
 *     fc*=activation           gradients/*=gradient:*.grad           loss*=none
 *
 * Later assignments override earlier ones. In a new name each `*` is replaced by the match of the same `*` of the pattern. The role
 * `none` drops sites.
 */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Role, roles } from "../../core/signal.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";

/** Assignment for some sites. */
export interface SiteMapping {
  /** Pattern of names in the file (`matches`). */
  readonly pattern: string;
  readonly role: Role | "none";
  /** New name. */
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
 * Assignments by pattern: `{ "fc*": "activation", "gradients/*": "gradient:*.grad" }`.
 *
 * @throws `RangeflowFailure` for an unknown role
 */
export const siteMapOf = (given: Readonly<Record<string, string>>): readonly SiteMapping[] =>
  Object.entries(given).map(([pattern, role]) => mapping(pattern, role));

/** Parts of a name that the stars of a pattern match. */
const starsIn = (pattern: string, name: string): readonly string[] => {
  const source = pattern
    .split(/\*+/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("(.*)");
  return new RegExp(`^${source}$`, "s").exec(name)?.slice(1) ?? [];
};

/** The assignment for a name; undefined if there is none. */
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
