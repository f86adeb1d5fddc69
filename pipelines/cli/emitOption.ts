/** @file `rangeflow compare --emit`: a study as files for the scheduler of a cluster. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { expectedName } from "../../core/nearest.ts";
import { encodeJson } from "../files/json.ts";
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
  help: "train nothing: write the runs into --out, and beside them sweep.sbatch, which trains each in a task of a job array of Slurm; the same command without it shows what has ended and trains the rest",
};

const inVain = ["queue", "only-finished", "chart", "markdown"] as const;

/** @throws `RangeflowFailure` if there is no such scheduler, or something is asked for that only a study that is followed gives */
export const checkEmit = ({ texts, flags }: Arguments): void => {
  const { emit = "" } = texts;
  if (!schedulers.some((name) => name === emit))
    throw new RangeflowFailure(problem("--emit", `"${emit}"`, expectedName(emit, schedulers)));
  const other = inVain.find((name) => texts[name] !== undefined || flags[name] === true);
  if (other !== undefined)
    throw new RangeflowFailure(
      problem(
        "--emit",
        `--${other} beside it`,
        "only one of both",
        "--emit trains nothing and shows no tables",
      ),
    );
};

const textOf = ({ out, cells, runs, finished, tasks, script }: EmittedEvent): string => {
  const all = `${counted(runs, "run")} (cells: ${cells}, seeds: ${runs / cells}) in ${out}`;
  if (script === undefined)
    return `${all}, all of them done before; the same command without --emit shows them`;
  return `${all}${finished > 0 ? `; done before: ${finished}` : ""}; tasks: ${tasks}\nsbatch ${script}`;
};

/** Plans a study, and says what a person does next. */
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
