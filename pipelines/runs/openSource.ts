/** @file Opens the source of a run: its experiment, and its claim. */
import { getOrThrow } from "../../core/getOrThrow.ts";
import type { Options, OptionValue } from "../../core/options.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Watch } from "../../operators/module/module.ts";
import type { Note } from "../../operators/module/notes.ts";
import { idleRules } from "../../quantizers/rules/idleFields.ts";
import type { ReadData } from "../data/dataNamed.ts";
import type { Dataset } from "../data/dataset.ts";
import { builtInExperiment } from "../experiments/builtInExperiment.ts";
import { describedExperiment } from "../experiments/describe.ts";
import { type Experiment, experiment } from "../experiments/experiment.ts";
import { type LoadedExperiment, loadExperiment, optionValues } from "../experiments/experimentFile.ts";
import {
  type BuiltIn,
  type ExperimentFile,
  isBuiltIn,
  isExperimentFile,
  type RunSource,
} from "../experiments/source.ts";
import { bePatient, watchedCall } from "../foreign/watchdog.ts";
import { recipeNamed } from "../recipes/recipeNamed.ts";
import { flatRules } from "../settings/flatRules.ts";
import type { Settings } from "../settings/settings.ts";
import { type Locate, locateIn, type UserFile } from "../settings/userFiles.ts";
import { type InitialWeights, initialWeightsIn } from "../weights/initialWeights.ts";
import { changedExperiment, checkedChanges } from "./changedExperiment.ts";
import { namedAsIn, namedNow, newClaim, openedFiles, refuse, savedClaim } from "./claim.ts";
import { type Claim, claimDifferences, type Identity, originDifferences, type Said } from "./identity.ts";
import { type Resources, resourcesIn } from "./resources.ts";
import { watchedExperiment } from "./watchedExperiment.ts";
import { type BuiltNetwork, namesIn, type WithoutEffect, withoutEffect } from "./withoutEffect.ts";

/** Options for opening a saved run. */
export interface Opening {
  /**
   * Execute user files that only the run names, if they are unchanged. Default: false; then only files that the source names are
   * executed.
   */
  readonly trust?: boolean;
}

/** Ways to supply data when a run is opened. */
export interface GivenData {
  /** Reads the data of built-in experiments. Default: from their files. */
  readonly read?: ReadData;
}

export interface OpenSource {
  readonly experiment: Experiment;
  readonly resources: Resources;
  /** Files of the user that the run names. */
  readonly files: readonly UserFile[];
  /** Watches calls of functions that may be user-defined. Its messages begin with the file of the experiment. */
  readonly watch: Watch;
  /** Claim of the run. `parameters` are those of its float32 network. */
  readonly claim: (data: Dataset, parameters: readonly Parameter[], notes: readonly Note[]) => Claim<Said>;
  /** Settings and rules without effect on the built network. */
  readonly inVain: (built: BuiltNetwork) => readonly WithoutEffect[];
  /** Weights that a new run starts from, if it names a weights file. */
  readonly initial?: InitialWeights;
  /** Names of settings that the user gave explicitly. None of them may be without effect. */
  readonly asked: readonly string[];
}

const initialOf = (
  said: Partial<Pick<Settings, "init" | "initNames" | "initExcept">>,
  locate: Locate,
): Pick<OpenSource, "initial"> => {
  const initial = initialWeightsIn(said, locate);
  return initial === undefined ? {} : { initial };
};

const openBuiltIn = async (
  { wanted }: BuiltIn,
  saved: Identity | undefined,
  where: string,
  { trust = false, read }: Opening & GivenData,
  said: Partial<Resources>,
): Promise<OpenSource> => {
  const all = { ...wanted, ...said };
  const claim = saved ? await savedClaim(where, all, saved, trust) : await newClaim(all);
  const { settings, files } = claim;
  // Set before user modules are loaded.
  bePatient(settings.patience);
  const locate = locateIn(files);
  const { quantization } = getOrThrow(await recipeNamed("--recipe", settings.recipe, locate));
  const rules = await flatRules(settings, { recipe: quantization, locate, said: namesIn(wanted) });
  return {
    experiment: builtInExperiment(settings, rules, read),
    resources: resourcesIn(settings),
    files,
    watch: watchedCall,
    claim: () => claim,
    inVain: (built) => withoutEffect({ ...built, settings }),
    ...initialOf(settings, locate),
    asked: namesIn(wanted),
  };
};

/** @param isChanged whether rules were put over its own, which may leave those without effect */
const openExperiment = (opened: Experiment, said: Partial<Resources>, isChanged = false): OpenSource => ({
  experiment: opened,
  resources: resourcesIn(said),
  files: [],
  watch: watchedCall,
  claim: (data, parameters, notes) => ({
    from: "code",
    settings: describedExperiment(opened, parameters, notes, data),
    files: [],
  }),
  inVain: ({ quantization }) =>
    idleRules(quantization)
      .filter(({ problem, reason }) => {
        // A setting on the command line may repeat what holds anyway: a baseline does so.
        if (problem.where.startsWith("--")) return reason !== "same";
        return reason === "noSite" || !isChanged;
      })
      .map(({ problem, reason }) => ({
        setting: "quantization",
        problem,
        holdsAnyway: reason === "same",
      })),
  asked: ["quantization"],
});

/** Options and changes that a saved run of a file was given. */
const savedValues = (saved: Identity | undefined, declared: Options) => {
  const { experiment: _, ...settings } = saved?.settings ?? {};
  const entries = Object.entries(settings);
  return {
    options: Object.fromEntries(entries.filter(([name]) => Object.hasOwn(declared, name))),
    changes: Object.fromEntries(entries.filter(([name]) => !Object.hasOwn(declared, name))),
  };
};

/**
 * The experiment and the changes of a file, under the names that a saved run has for them, and the files that it executes: those of the
 * saved run, if they are unchanged.
 *
 * @param isNamed whether the user named the file; otherwise only the directory of its run does
 */
const claimedFile = (
  { file, changes }: ExperimentFile,
  saved: Identity | undefined,
  where: string,
  { isNamed, trust }: { readonly isNamed: boolean; readonly trust: boolean },
) => {
  const said = { experiment: file, ...changes };
  const named = namedNow(where, isNamed ? said : changes);
  const { experiment, ...changed } = saved === undefined ? said : namedAsIn(saved, named, said);
  const files = saved === undefined ? named : openedFiles(where, saved.files, named, trust);
  return { experiment, changed, files };
};

/** What a file makes of values of its options, with changes put over it. */
interface MadeOf {
  readonly loaded: LoadedExperiment;
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly changes: ReturnType<typeof checkedChanges>;
  readonly locate: Locate;
}

const openMade = async (
  file: string,
  { loaded, values, changes, locate }: MadeOf,
  said: Partial<Resources>,
): Promise<OpenSource> => {
  const watch: Watch = (place) => watchedCall(`${file}, ${place}`);
  const made = await changedExperiment(await loaded.make(values), changes, locate);
  return {
    ...openExperiment(watchedExperiment(made, watch), said, Object.keys(changes).length > 0),
    watch,
    ...initialOf(changes, locate),
  };
};

/**
 * Opens a run that was trained in code with the experiment that a file exports. Its description has to be that of the run. The user named
 * the file, so it is executed.
 */
const openAsCode = async (
  { file, options, changes: given }: ExperimentFile,
  where: string,
  said: Partial<Resources>,
): Promise<OpenSource> => {
  const locate = locateIn(namedNow(where, { experiment: file, ...given }));
  const resources = { ...given, ...said };
  bePatient(resourcesIn(resources).patience);
  const loaded = await loadExperiment(where, file, locate);
  const values = optionValues(file, loaded, options);
  return openMade(file, { loaded, values, changes: checkedChanges(file, given), locate }, resources);
};

const openFile = async (
  source: ExperimentFile,
  saved: Identity | undefined,
  where: string,
  { trust = false }: Opening,
  said: Partial<Resources>,
  isNamed: boolean,
): Promise<OpenSource> => {
  if (saved) refuse(where, originDifferences("file", saved.from));
  const { file } = source;
  const { experiment, changed, files } = claimedFile(source, saved, where, { isNamed, trust });
  const locate = locateIn(files);
  bePatient(resourcesIn({ ...source.changes, ...said }).patience);
  const loaded = await loadExperiment(where, file, () => locate(experiment));
  const before = savedValues(saved, loaded.options);
  const values = optionValues(file, loaded, { ...before.options, ...source.options });
  const changes = checkedChanges(file, { ...before.changes, ...changed });
  const claim: Claim<Said> = {
    from: "file",
    settings: { experiment, ...values, ...changes },
    files,
  };
  if (saved) refuse(where, claimDifferences(claim, saved));
  const made = await openMade(file, { loaded, values, changes, locate }, { ...source.changes, ...said });
  return { ...made, files, claim: () => claim };
};

/** Source of a saved run that is named by its directory alone: the saved one. */
const asSaved = (source: RunSource, saved: Identity | undefined): RunSource =>
  isBuiltIn(source) && saved?.from === "file"
    ? {
        from: "file",
        file: String(saved.settings.experiment),
        options: {},
        changes: source.wanted,
      }
    : source;

/**
 * Opens the source of a run.
 *
 * @param saved identity of the saved run, if one is resumed or evaluated
 * @param where what opens it, for messages
 * @throws `RangeflowFailure` with every problem, or with every difference from what was saved
 */
export const openSource = async (
  source: RunSource,
  saved: Identity | undefined,
  where: string,
  opening: Opening & GivenData,
  said: Partial<Resources>,
): Promise<OpenSource> => {
  const asked = asSaved(source, saved);
  if (isBuiltIn(asked)) return openBuiltIn(asked, saved, where, opening, said);
  if (isExperimentFile(asked) && saved?.from === "code") return openAsCode(asked, where, said);
  if (isExperimentFile(asked)) return openFile(asked, saved, where, opening, said, asked === source);
  if (saved) refuse(where, originDifferences("code", saved.from));
  return openExperiment(experiment(asked), said);
};
