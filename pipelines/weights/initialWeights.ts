/** @file The weights that a run begins with, as settings name them. */
import type { Parameter } from "../../core/signal.ts";
import type { Note } from "../../operators/module/notes.ts";
import { namesIn } from "./names.ts";
import { type WeightMatch, weightMatch } from "./weightMatch.ts";
import { weightPlaces } from "./weightPlaces.ts";
import { openWeights } from "./weightsFile.ts";

/** A file of weights, and how it is read. */
export interface InitialWeights {
  /** Path of the file. */
  readonly file: string;
  /** `auto`, `rangeflow`, `torchvision`, or the path of a map. */
  readonly names: string;
  /** Patterns of layers that keep their first values. */
  readonly except: readonly string[];
}

/** Settings that name a file of weights. */
interface InitSettings {
  readonly init?: string;
  readonly initNames?: string;
  readonly initExcept?: readonly string[];
}

/**
 * The weights that settings name; undefined where they name none.
 *
 * @param locate finds files by the names that settings have for them
 */
export const initialWeightsIn = (
  { init = "", initNames = "auto", initExcept = [] }: InitSettings,
  locate: (name: string) => string,
): InitialWeights | undefined =>
  init === ""
    ? undefined
    : {
        file: locate(init),
        names: /\.json$/i.test(initNames) ? locate(initNames) : initNames,
        except: initExcept,
      };

/**
 * The tensors of a file for the parameters of a network.
 *
 * @param planned parameters and notes of the network, as `plannedModel` gives them
 * @throws `RangeflowFailure` of a file that is none, and of everything that does not fit
 */
export const initialMatch = (
  { file, names, except }: InitialWeights,
  planned: { readonly parameters: readonly Parameter[]; readonly notes: readonly Note[] },
): WeightMatch =>
  weightMatch(weightPlaces(planned.parameters, planned.notes), openWeights(file), {
    except,
    ...(names !== "auto" && { names: namesIn("--init-names", names) }),
  });
