/** @file Site rules of the command line: a pattern of paths, and the value for the sites that match it. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem } from "../../core/errors.ts";
import { wholeIn } from "../../core/numberText.ts";
import { isWidth } from "../../quantizers/quantizer.ts";
import { patternProblem } from "../../quantizers/rules/sitePattern.ts";

export type Checked<T> = E.Either<readonly Problem[], T>;

/** A rule such as `conv1/*=4`, decoded. */
export interface SiteRule<T> {
  /** The text as given. */
  readonly text: string;
  readonly pattern: string;
  readonly value: T;
}

/** Decodes rules such as `conv1/*=..`; `meant` decodes the right side. */
export const siteRules = <T>(
  option: string,
  expected: string,
  rules: readonly string[],
  meant: (text: string, rule: string) => Checked<T> | Promise<Checked<T>>,
): Promise<readonly Checked<SiteRule<T>>[]> =>
  Promise.all(
    rules.map(async (rule): Promise<Checked<SiteRule<T>>> => {
      const at = rule.indexOf("=");
      if (at <= 0) return E.left([problem(option, `"${rule}"`, expected)]);
      const pattern = rule.slice(0, at);
      const wrong = patternProblem(option, pattern);
      if (wrong) return E.left([wrong]);
      return E.map((value: T) => ({ text: rule, pattern, value }))(await meant(rule.slice(at + 1), rule));
    }),
  );

/** The bits in a rule of `--bits-at`. */
export const widthIn = (text: string, rule: string): Checked<number> =>
  isWidth(wholeIn(text))
    ? E.right(wholeIn(text))
    : E.left([problem("--bits-at", `"${rule}"`, "2 to 8 bits, or 32 for float32")]);
