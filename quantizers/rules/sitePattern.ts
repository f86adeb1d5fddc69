/**
 * @file Patterns of site paths: `*` stands for any text, including slashes, `?` for one character, `[12]` for one of several
 *   characters, `{conv1,conv2}` for one of several texts, and a leading `!` for every path that the rest does not match. All other
 *   characters stand for themselves.
 */
import picomatch from "picomatch/posix.js";
import { type Problem, problem } from "../../core/errors.ts";

/** The matcher tries out what stars stand for, which takes minutes with nine of them. */
const mostStars = 4;

/** What is wrong with a pattern; `undefined` if `matches` accepts it. */
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

/** Several stars in a row are one. Characters that would group or repeat in a regular expression stand for themselves. */
const plain = (pattern: string): string => pattern.replace(/\*+/g, "*").replace(/[\\()|+@$^]/g, "\\$&");

/** An empty pattern matches no site, because every site has a name. */
const matcherOf = (pattern: string): ((path: string) => boolean) =>
  pattern === "" ? () => false : picomatch(plain(pattern), { bash: true, dot: true, noextglob: true });

/**
 * Whether a path matches a pattern.
 *
 * @param pattern one that `patternProblem` accepts
 * @example
 * matches("layer2/*", "layer2/conv1/gradient"); // true
 * matches("{conv1,conv2}/weight", "conv3/weight"); // false
 */
export const matches = (pattern: string, path: string): boolean => {
  const matcher = matchers.get(pattern) ?? matcherOf(pattern);
  matchers.set(pattern, matcher);
  return matcher(path);
};
