/** @file Quantizers by the names that the command line uses: built-in ones, and modules of the user. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import type { NamedText } from "../../core/entry.ts";
import { type Problem, problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { followsNames } from "../../core/follows.ts";
import { isObject } from "../../core/guards.ts";
import { wrongPart } from "../../operators/sites/checkSite.ts";
import { parseQuantizer } from "../../quantizers/catalogue/parseQuantizer.ts";
import { currentRange } from "../../quantizers/defaultRange.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import {
  type NamedQuantizer,
  type Quantizer,
  type QuantizerChoice,
  quantizerFor,
} from "../../quantizers/quantizer.ts";
import type { QuantizerValue } from "../../quantizers/rules/rule.ts";
import { namedQuantizer } from "../../quantizers/rules/values.ts";
import { withProjection } from "../../quantizers/withProjection.ts";
import { watchedCall, watchedTrial } from "../foreign/watchdog.ts";
import { exportWith } from "./userEntry.ts";
import { fileIn, type Locate } from "./userFiles.ts";
import { exportText, userModule } from "./userModule.ts";

type Found = E.Either<readonly Problem[], NamedQuantizer>;

/** Whether an export is a projection: has a function `project`. */
const isProjection = (exported: unknown): exported is Projection =>
  typeof (exported as Partial<Projection> | undefined)?.project === "function";

const expected =
  "a default export that is a projection, a learned range, a weight transform, or a function from the default quantizer to another one";

/** The choice of a module. The module gets copies, and what it returns is copied once. */
const choosing = (where: string, text: string, exported: QuantizerChoice): QuantizerChoice => {
  const watched = watchedCall(`${text}, which chooses a quantizer`);
  return (base, role) => {
    const refuse = (found: string): never => {
      throw new RangeflowFailure(problem(where, `${text} ${found}`, expected));
    };
    try {
      const chosen: unknown = watched(-1, () =>
        exported({ ...base, estimator: Object.freeze(base.estimator) }, role),
      );
      if (!isObject(chosen) || !Object.keys(base).every((key) => key in chosen))
        return refuse("exports a function that does not return a quantizer");
      const quantizer = { ...(chosen as Quantizer) };
      const wrong = wrongPart(quantizer);
      return wrong === undefined ? quantizer : refuse(`gives a quantizer with ${wrong}`);
    } catch (error) {
      if (error instanceof RangeflowFailure) throw error;
      return refuse(`throws when it is called: ${thrownText(error)}`);
    }
  };
};

/** The quantizer that an exported value stands for; a function is called once to check that it returns a quantizer. */
const readValue = (where: string, text: string, value: unknown, refuse: (found: string) => Found): Found => {
  if (isProjection(value)) {
    if (followsNames.includes(value.follows))
      return E.right({ name: text, choose: (base) => withProjection(base, value) });
    const said = value.follows === undefined ? "does not say follows" : `follows ${value.follows}`;
    return E.left([
      problem(
        where,
        `${text} exports a projection that ${said}`,
        `one of ${followsNames.join(", ")}: what its levels follow`,
      ),
    ]);
  }
  const named = namedQuantizer(value as QuantizerValue);
  if (named === undefined) return refuse(exportText(value));
  const choose = choosing(where, text, named.choose);
  choose(quantizerFor("activation", 8, currentRange), "activation");
  return E.right({ name: text, choose });
};

/** The quantizer in an export, whose getters may throw. */
const fromExport = (where: string, text: string, file: NamedText, exported: unknown): Found => {
  const refuse = (found: string, hint?: string) =>
    E.left([problem(where, `${file.name} ${found}`, expected, hint)]);
  try {
    return E.chain((value: unknown) => readValue(where, text, value, refuse))(
      exportWith(where, file, exported, refuse),
    );
  } catch (error) {
    return error instanceof RangeflowFailure
      ? E.left(error.problems as readonly Problem[])
      : refuse(`cannot be looked at: ${thrownText(error)}`);
  }
};

/**
 * The quantizer that a text names: a built-in one such as `uniform:scheme=symmetric`, or a TypeScript or JavaScript file such as
 * `./my-quantizer.ts`, relative to the working directory, with options if it exports an entry, as in `./my-quantizer.ts:levels=9`.
 *
 * @param where the option that the text belongs to; used in errors only
 * @param locate finds files by name. Default: relative to the working directory
 */
export const quantizerNamed = async (
  where: string,
  text: string,
  locate: Locate = resolve,
): Promise<Found> => {
  const file = fileIn(text);
  if (file === undefined) return parseQuantizer(where)(text);
  return E.chain((exported: unknown) =>
    watchedTrial(file.name, () => fromExport(where, text, file, exported)),
  )(await userModule(where, "a quantizer", file.name, locate));
};
