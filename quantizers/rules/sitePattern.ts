/**
 * @file Patterns of sites: `*` stands for any text, also across slashes, `?` for one character, `[12]` for one of some, `{conv1,conv2}` for
 * one of several, and a `!` in front for every path that the rest does not match. Everything else stands for itself.
 */
import picomatch from "picomatch/posix.js";
import { type Problem, problem } from "../../core/errors.ts";

/** The matcher looks for what stars stand for by trial and error, which takes minutes for nine of them. */
const mostStars = 4;

/** The fault of a pattern; undefined where `matches` takes it. */
export const patternProblem = (where: string, pattern: string): Problem | undefined => {
  const stars = pattern.match(/\*+/g)?.length ?? 0;
  return stars > mostStars
    ? problem(
        where,
        `${stars} stars in "${pattern}"`,
        `at most ${mostStars}`,
        "one star matches any text, slashes included",
      )
    : undefined;
};

const matchers = new Map<string, (path: string) => boolean>();

/** Two stars are one, and what would group or repeat in a regular expression stands for itself. */
const plain = (pattern: string): string => pattern.replace(/\*+/g, "*").replace(/[\\()|+@$^]/g, "\\$&");

/** An empty pattern matches no site, since every site has a name. */
const matcherOf = (pattern: string): ((path: string) => boolean) =>
  pattern === "" ? () => false : picomatch(plain(pattern), { bash: true, dot: true, noextglob: true });

/**
 * Whether a path matches a pattern.
 *
 * @param pattern one that `patternProblem` finds nothing wrong with
 * @example
 * matches("layer2/*", "layer2/conv1/gradient"); // true
 * matches("{conv1,conv2}/weight", "conv3/weight"); // false
 */
export const matches = (pattern: string, path: string): boolean => {
  const matcher = matchers.get(pattern) ?? matcherOf(pattern);
  matchers.set(pattern, matcher);
  return matcher(path);
};
