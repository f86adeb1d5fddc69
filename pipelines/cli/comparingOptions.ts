/** @file How cells are compared: `--within`, `--against` and `--margin`. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { realIn } from "../../core/numberText.ts";
import { parseEstimator } from "../../quantizers/catalogue/parseEstimator.ts";
import { parseQuantizer } from "../../quantizers/catalogue/parseQuantizer.ts";
import { optionName } from "../settings/settings.ts";
import { mayNameMethod, pathIn } from "../settings/userFiles.ts";
import type { Comparing } from "../studies/comparing.ts";
import type { Cell } from "../studies/grid.ts";
import type { Arguments, OwnOption } from "./args.ts";
import { type Changeable, changeable, singleCell } from "./studyOptions.ts";

export const comparingOptions: readonly OwnOption[] = [
  {
    name: "against",
    kind: "many",
    value: "'NAME=V ...'",
    help: "also compare each cell with its counterpart, the cell that has these values and is otherwise the same; if repeated, the first one that leads to another cell counts",
  },
  {
    name: "within",
    kind: "text",
    value: "NAME,..",
    help: "settings that group cells, such as model: each cell is compared with the first of its group, and cells of several groups are also summarized together",
  },
  {
    name: "margin",
    kind: "text",
    value: "X",
    help: "equivalence margin (percentage points, dB or score units) for two one-sided t-tests; choose it before looking at results",
  },
];

/**
 * The names in `--within NAME,NAME`. Unknown names are kept: cells may have names that no setting has, such as `experiment`, and are checked
 * once the cells are known.
 */
const withinIn = ({ byOption }: Changeable, text: string): readonly string[] =>
  text.split(",").map((name) => byOption.get(name) ?? name);

const marginOf = (text: string, problems: Problem[]): number => {
  const margin = realIn(text);
  if (!(margin > 0 && margin < Number.POSITIVE_INFINITY))
    problems.push(problem("--margin", `"${text}"`, "a number above 0, such as 0.5"));
  return margin;
};

/** Parser of the built-in methods that a setting may name; undefined for a setting that names none. */
const parserOf = (name: string): typeof parseEstimator | typeof parseQuantizer | undefined => {
  if (!mayNameMethod(name) || name === "recipe") return undefined;
  return /range/i.test(name) ? parseEstimator : parseQuantizer;
};

/** What is wrong with the built-in methods that a cell names; a file is read where its method is used. */
const methodProblems = (cell: Cell): readonly Problem[] =>
  Object.entries(cell).flatMap(([name, value]) => {
    const parse = parserOf(name);
    if (parse === undefined) return [];
    const texts = Array.isArray(value)
      ? value.map((rule) => String(rule).slice(String(rule).indexOf("=") + 1))
      : [String(value)];
    return texts
      .filter((text) => text !== "same" && pathIn(text) === undefined)
      .flatMap((text) => {
        const parsed = parse(`--against ${optionName(name)}`)(text);
        return E.isLeft(parsed) ? parsed.left : [];
      });
  });

/** The settings of one `--against`. */
const againstIn = (known: Changeable, text: string, problems: Problem[]): Cell => {
  const cell = singleCell(known, "--against", text, problems);
  problems.push(...methodProblems(cell));
  return cell;
};

/**
 * The comparisons that `--within`, `--against` and `--margin` ask for.
 *
 * @param study defaults for options that are not given. Default: none
 * @param own names of options that files declare. Default: none
 * @throws `RangeflowFailure` with every invalid option
 */
export const comparingIn = (
  { texts, lists }: Arguments,
  study: Comparing = {},
  own: readonly string[] = [],
): Comparing => {
  const problems: Problem[] = [];
  const known = changeable(own);
  const { within, against, margin } = study;
  const asked = {
    within: texts.within === undefined ? within : withinIn(known, texts.within),
    against: lists.against?.map((text) => againstIn(known, text, problems)) ?? against,
    margin: texts.margin === undefined ? margin : marginOf(texts.margin, problems),
  };
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return {
    ...(asked.within && { within: asked.within }),
    ...(asked.against && { against: asked.against }),
    ...(asked.margin !== undefined && { margin: asked.margin }),
  };
};
