/** @file `rangeflow compare --emit`: a study as files for a cluster scheduler. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { expectedName } from "../../core/nearest.ts";
import { encodeJson } from "../files/json.ts";
import { shellWord } from "../files/shellWord.ts";
import type { Experiments } from "../studies/rivals.ts";
import { type EmitOptions, type EmittedEvent, emitSlurm } from "../sweeps/emitSlurm.ts";
import type { Arguments, OwnOption } from "./args.ts";
import type { Terminal } from "./command.ts";

const schedulers = ["slurm"] as const;

export const emitOption: OwnOption = {
  name: "emit",
  kind: "text",
  value: "slurm",
  values: schedulers,
  help: "train nothing: write the planned runs to --out, with sweep.sbatch, which trains each in one task of a Slurm job array; the same command without --emit shows finished runs and trains the rest",
};

const inVain = ["queue", "only-finished", "chart", "markdown"] as const;

/** @throws `RangeflowFailure` for an unknown scheduler, or for an option that has no effect with --emit */
export const checkEmit = ({ texts, flags }: Arguments): void => {
  const { emit = "" } = texts;
  if (!schedulers.some((name) => name === emit))
    throw new RangeflowFailure(problem("--emit", `"${emit}"`, expectedName(emit, schedulers)));
  const other = inVain.find((name) => texts[name] !== undefined || flags[name] === true);
  if (other !== undefined)
    throw new RangeflowFailure(
      problem(
        "--emit",
        `used with --${other}`,
        "only one of the two",
        "--emit trains nothing and shows no tables",
      ),
    );
};

const textOf = ({ out, cells, runs, finished, tasks, script, cpus }: EmittedEvent): string => {
  const all = `${counted(runs, "run")} (cells: ${cells}, seeds: ${runs / cells}) in ${out}`;
  if (script === undefined) return `${all}, all finished before; the same command without --emit shows them`;
  const kept =
    cpus === undefined
      ? ""
      : `\n${script} keeps ${cpus.kept === null ? "no --cpus-per-task" : `--cpus-per-task=${cpus.kept}`} above its line, where ${cpus.planned} would be planned: change it there`;
  return `${all}${finished > 0 ? `; finished before: ${finished}` : ""}; tasks: ${tasks}${kept}\nsbatch ${shellWord(script)}`;
};

/** Plans a study for a scheduler, and prints the command that submits it. */
export const emitted = async (
  { flags }: Arguments,
  { out }: Terminal,
  experiments: Experiments,
  options: EmitOptions,
): Promise<number> => {
  const event = await emitSlurm(experiments, options);
  out(`${flags.json ? encodeJson(event) : textOf(event)}\n`);
  return 0;
};
