/** @file Initial weights of a run, as settings name them. */
import type { Parameter } from "../../core/signal.ts";
import type { Note } from "../../operators/module/notes.ts";
import { namesIn } from "./names.ts";
import { type WeightMatch, weightMatch } from "./weightMatch.ts";
import { weightPlaces } from "./weightPlaces.ts";
import { openWeights } from "./weightsFile.ts";

/** A weights file, and how it is read. */
export interface InitialWeights {
  /** Path of the file. */
  readonly file: string;
  /** `auto`, `rangeflow`, `torchvision`, or the path of a map. */
  readonly names: string;
  /** Patterns of layers that keep their random initial values. */
  readonly except: readonly string[];
}

/** Settings that name a weights file. */
interface InitSettings {
  readonly init?: string;
  readonly initNames?: string;
  readonly initExcept?: readonly string[];
}

/**
 * Initial weights that settings name; undefined if they name none.
 *
 * @param locate resolves paths in settings
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
 * @param planned parameters and notes of the network, as `plannedModel` returns them
 * @throws `RangeflowFailure` for an invalid file, and with everything that does not match
 */
export const initialMatch = (
  { file, names, except }: InitialWeights,
  planned: { readonly parameters: readonly Parameter[]; readonly notes: readonly Note[] },
): WeightMatch =>
  weightMatch(weightPlaces(planned.parameters, planned.notes), openWeights(file), {
    except,
    ...(names !== "auto" && { names: namesIn("--init-names", names) }),
  });
