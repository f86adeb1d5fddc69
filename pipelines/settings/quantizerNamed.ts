/** @file Quantizers as the command line names them: built-in ones, and modules of a user's own. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { followsNames } from "../../core/follows.ts";
import { wrongPart } from "../../operators/sites/checkSite.ts";
import { parseQuantizer } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import {
  type NamedQuantizer,
  type Quantizer,
  type QuantizerChoice,
  quantizerFor,
} from "../../quantizers/quantizer.ts";
import { withProjection } from "../../quantizers/withProjection.ts";
import { watchedCall, watchedTrial } from "../foreign/watchdog.ts";
import { isPath, type Locate } from "./userFiles.ts";
import { exportText, userModule } from "./userModule.ts";

const isProjection = (exported: unknown): exported is Projection =>
  typeof (exported as Partial<Projection> | undefined)?.project === "function";

const isObject = (x: unknown): boolean => typeof x === "object" && x !== null;

const expected =
  "a default export that is a projection, or a function from the usual quantizer to another one";

/** The choice of a module: it gets copies, and what it gives is read once. */
const choosing = (where: string, text: string, exported: QuantizerChoice): QuantizerChoice => {
  const watched = watchedCall(`${text}, which chooses a quantizer`);
  return (usual, role) => {
    const refuse = (found: string): never => {
      throw new RangeflowFailure(problem(where, `${text} ${found}`, expected));
    };
    try {
      const chosen: unknown = watched(-1, () =>
        exported({ ...usual, estimator: Object.freeze(usual.estimator) }, role),
      );
      if (!isObject(chosen) || !Object.keys(usual).every((key) => key in (chosen as object)))
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

/** The quantizer in an export, which chooses one once, to see that it gives one. */
const readExport = (
  where: string,
  text: string,
  exported: unknown,
  refuse: (found: string) => E.Either<Problem, never>,
): E.Either<Problem, NamedQuantizer> => {
  if (isProjection(exported)) {
    if (followsNames.includes(exported.follows))
      return E.right({ name: text, choose: (usual) => withProjection(usual, exported) });
    const said = exported.follows === undefined ? "does not say follows" : `follows ${exported.follows}`;
    return E.left(
      problem(
        where,
        `${text} exports a projection that ${said}`,
        `one of ${followsNames.join(", ")}: what its levels follow`,
      ),
    );
  }
  if (typeof exported !== "function") return refuse(exportText(exported));
  const choose = choosing(where, text, exported as QuantizerChoice);
  choose(quantizerFor("activation", 8, { name: "currentMinMax", estimator: currentMinMax() }), "activation");
  return E.right({ name: text, choose });
};

/** The same of an export that may throw as soon as it is looked at. */
const checked = (where: string, text: string, exported: unknown): E.Either<Problem, NamedQuantizer> => {
  const refuse = (found: string) => E.left(problem(where, `${text} ${found}`, expected));
  try {
    return readExport(where, text, exported, refuse);
  } catch (error) {
    return error instanceof RangeflowFailure
      ? E.left(error.problems[0] as Problem)
      : refuse(`cannot be looked at: ${thrownText(error)}`);
  }
};

/**
 * The quantizer that a text names: `uniform:scheme=symmetric`, or `./my-quantizer.ts` (TypeScript or JavaScript, relative to the
 * working directory).
 *
 * @param where the option that the text belongs to; used in errors only
 * @param locate where files lie; relative to the working directory unless told
 */
export const quantizerNamed = async (
  where: string,
  text: string,
  locate: Locate = resolve,
): Promise<E.Either<Problem, NamedQuantizer>> => {
  if (!isPath(text)) return parseQuantizer(where)(text);
  return E.chain((exported: unknown) => watchedTrial(text, () => checked(where, text, exported)))(
    await userModule(where, "a quantizer", text, locate),
  );
};
