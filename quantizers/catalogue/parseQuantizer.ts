/** @file Built-in quantizers from text, such as `uniform:scheme=symmetric`. */
import * as E from "fp-ts/lib/Either.js";
import { parseEntry } from "../../core/entry.ts";
import type { Problem } from "../../core/errors.ts";
import type { NamedQuantizer, QuantizerChoice } from "../quantizer.ts";
import { quantizerCatalogue } from "./quantizerCatalogue.ts";

/**
 * The quantizer that a text such as `uniform:scheme=symmetric` names.
 *
 * @param where what is being configured, e.g. `--gradient-quantizer`; used in errors only
 * @returns `Left` with every problem of the text
 */
export const parseQuantizer =
  (where: string) =>
  (text: string): E.Either<readonly Problem[], NamedQuantizer> =>
    E.map((choose: QuantizerChoice) => ({ name: text, choose }))(
      parseEntry("quantizer", quantizerCatalogue)(where)(text),
    );
