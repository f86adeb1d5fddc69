/** @file A run of `rangeflow train` on the terminal. */
import { join } from "node:path";
import { identity, lastValueFrom, tap } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { wholeIn } from "../../core/numberText.ts";
import { shapeText } from "../../core/tensor.ts";
import { normalizationTexts, otherInputsTexts } from "../data/inputNormalization.ts";
import { isBuiltIn, isExperimentFile, type RunSource } from "../experiments/source.ts";
import { encodeJson } from "../files/json.ts";
import { shellWord } from "../files/shellWord.ts";
import { settingsInForce } from "../recipes/settingsInForce.ts";
import type {
  DoneEvent,
  EpochEvent,
  MetricEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
} from "../runs/events.ts";
import { mostCode } from "../runs/keptCode.ts";
import { train } from "../runs/train.ts";
import { bytesText, percent } from "../text/numbers.ts";
import { table } from "../text/table.ts";
import { scoreName, scoreText } from "../views/scoreText.ts";
import { firstGridsText } from "../weights/firstGrids.ts";
import type { Arguments } from "./args.ts";
import type { Progress, Terminal } from "./command.ts";
import { resumingLine } from "./commandLine.ts";
import { sourceIn, stemOf } from "./experimentArguments.ts";
import { livePage } from "./livePage.ts";
import { overriddenLines } from "./overriddenText.ts";
import { someOf } from "./someOf.ts";
import { untilStopped } from "./untilStopped.ts";

/** Default directory of a run: named after its file, or after the settings in force. */
const defaultDirectory = async (source: RunSource): Promise<string> => {
  if (isExperimentFile(source)) return join("runs", stemOf(source.file));
  const { data, model, bits, seed } = await settingsInForce(isBuiltIn(source) ? source.wanted : {});
  return join("runs", `${data}-${model}-${bits.replaceAll("/", ".")}-seed${seed}`);
};

/** Text on training samples that fill no batch of an epoch; empty if there are none. */
const leftText = ({ trainImages, batch, stepsPerEpoch }: StartEvent): string => {
  const left = trainImages - stepsPerEpoch * batch;
  return left > 0 && left < batch
    ? ` (${left} of them left out each epoch, as they fill no batch of ${batch})`
    : "";
};

const startLine = (e: StartEvent): string =>
  `${e.experiment} on ${e.data}, W/A/G ${e.bits}${e.weightGradientBits === undefined ? "" : `, ${e.weightGradientBits} for weight gradients`}: ${e.parameters} parameters, ${e.trainImages} training${leftText(e)} and ${e.testImages} test samples of ${shapeText(e.inputShape)} (H, W, C), ${e.engine} (${e.backend})${e.step > 0 ? `, from step ${e.step}` : ""}`;

/** Lines on the initial weights from a file, and on the normalization of inputs. */
const initLines = ({ init, ...normalization }: StartEvent): readonly string[] =>
  init === undefined
    ? []
    : [
        `initial weights: ${init.tensors} tensors of ${init.file}, by ${init.names}${init.rounded > 0 ? `; ${init.rounded} of them rounded from float64 to float32` : ""}`,
        ...(init.grids ? [firstGridsText(init.grids)] : []),
        ...normalizationTexts(normalization),
        ...otherInputsTexts(init.fileInputs),
      ];

/** Says that code is not copied into the directory of the run. */
const codeLines = ({ tooMuchCode: size }: StartEvent): readonly string[] =>
  size === undefined
    ? []
    : [
        `no copy of your code is kept: ${counted(size.files, "file")} of ${bytesText(size.bytes)}, more than ${mostCode.files} files or ${bytesText(mostCode.bytes)}`,
      ];

/** Says that a warm-up is as long as the run, or longer. */
const warmUpLines = ({ epochs, stepsPerEpoch }: StartEvent, warmUp: number): readonly string[] => {
  const steps = epochs * stepsPerEpoch;
  if (warmUp < steps) return [];
  return [
    warmUp > steps
      ? `--warmup ${warmUp} is longer than the run of ${counted(steps, "step")}: the learning rate never reaches --lr`
      : `--warmup ${warmUp} lasts the whole run: the learning rate does not reach --lr before the last step`,
  ];
};

const stepProgress = (e: StepEvent): Progress => ({
  share: e.step / e.steps,
  text: `step ${e.step}/${e.steps}  epoch ${e.epoch}  loss ${e.epochLoss.toFixed(4)}  ${e.imagesPerSecond.toFixed(0)} samples/s`,
});

/** A metric of training and test samples, as far as it has both. */
const metricText = ({ name, train, test }: MetricEvent): string => {
  if (train === undefined) return `test ${name} ${scoreText(name, test)}`;
  return `${scoreName(name)} ${scoreText(name, train)}${test === undefined ? "" : ` / ${scoreText(name, test)}`}`;
};

const epochLine = (e: EpochEvent): string =>
  [
    `epoch ${e.epoch}`,
    ...(e.metric === "loss" ? [] : [`train loss ${e.loss.toFixed(4)}`]),
    ...(e.trainScore === undefined
      ? []
      : [`train ${scoreName(e.metric)} ${scoreText(e.metric, e.trainScore)}`]),
    `test ${scoreName(e.metric)} ${scoreText(e.metric, e.testScore)}`,
    `${e.imagesPerSecond.toFixed(0)} samples/s`,
    ...(e.metrics ?? []).filter(({ name }) => name !== e.metric).map(metricText),
    ...(e.barrier === undefined ? [] : [`barrier ${e.barrier.toFixed(4)}`]),
    ...(e.overflowShare === undefined ? [] : [`overflows ${percent(e.overflowShare, 4)}`]),
    ...(e.constraints ?? [])
      .filter(({ site }) => site === "output")
      .map(({ slack, multiplier }) => `slack ${slack.toFixed(4)}  multiplier ${multiplier.toFixed(4)}`),
  ].join("  ");

const accumulatorTable = (accumulators: DoneEvent["accumulators"]): string =>
  table(
    ["accumulator", "sums", "overflows", "share"],
    accumulators.map(({ site, sums, overflows }) => [
      site,
      String(sums),
      String(overflows),
      percent(overflows / sums, 4),
    ]),
  );

/** Table of multipliers, largest first: those of layers rank how much each suffers from its quantizer. */
const multiplierTable = (multipliers: NonNullable<DoneEvent["multipliers"]>): string =>
  table(
    ["constraint", "multiplier"],
    [...multipliers]
      .sort((a, b) => b.multiplier - a.multiplier)
      .map(({ site, multiplier }) => [site, multiplier.toFixed(6)]),
  );

const productTable = (products: DoneEvent["products"]): string => {
  const hasBlocks = products.some(({ blocks }) => blocks !== undefined);
  return table(
    ["product", "in integers", ...(hasBlocks ? ["in integers of blocks"] : []), "in float32"],
    products.map(({ product, integer, blocks = [], float32 }) => {
      const all = integer.length + blocks.length + float32.length;
      return [
        product,
        `${integer.length} of ${all}`,
        ...(hasBlocks ? [`${blocks.length} of ${all}`] : []),
        float32.length === all && all > 0 ? "all" : someOf(float32),
      ];
    }),
  );
};

const doneText = (e: DoneEvent): string =>
  [
    "",
    ...(e.roles.length > 0
      ? [
          table(
            [
              "role",
              "static sites",
              "dynamic sites",
              "clipped",
              "bytes moved, static",
              "bytes moved, dynamic",
              "bytes saved",
            ],
            e.roles.map((r) => [
              r.role,
              String(r.staticSites),
              String(r.dynamicSites),
              percent(r.clippedShare, 4),
              bytesText(r.movedStatically),
              bytesText(r.movedDynamically),
              bytesText(r.bytesSaved),
            ]),
          ),
          "",
        ]
      : []),
    ...(e.roles.length > 0 ? [productTable(e.products), ""] : []),
    ...(e.accumulators.length > 0 ? [accumulatorTable(e.accumulators), ""] : []),
    ...(e.multipliers ? [multiplierTable(e.multipliers), ""] : []),
    `${e.testImages > 0 ? "test" : "training"} ${scoreName(e.metric)} ${scoreText(e.metric, e.score)} (best ${scoreText(e.metric, e.bestScore)}) in ${e.seconds.toFixed(1)} s${e.imagesPerSecond > 0 ? `, ${e.imagesPerSecond.toFixed(0)} samples/s` : ""}`,
    `weights sha256 ${e.weightsSha256}`,
    ...(e.faults > 0 ? [`${counted(e.faults, "fault")} (tensors that were zero, empty or not finite)`] : []),
    ...(e.out === null ? [] : [`recorded in ${e.out}; try: rangeflow replay ${shellWord(e.out)}`]),
  ].join("\n");

/**
 * Prints events as text: a progress bar on a terminal, and lines.
 *
 * @param warmUp steps of warm-up that were asked for; 0 for none
 * @param resuming the command line that resumes the run in a directory
 */
const showing =
  (
    { out, draw }: Terminal,
    warmUp: number,
    resuming: (dir: string) => string,
  ): ((event: TrainEvent) => void) =>
  (event) => {
    switch (event.event) {
      case "start":
        return out(
          `${[startLine(event), ...initLines(event), ...codeLines(event), ...overriddenLines(event.overridden), ...warmUpLines(event, warmUp)].join("\n")}\n`,
        );
      case "finished":
        return out(
          `this run is finished: ${event.epochs} epochs, ${event.step} steps; nothing is left to train\n`,
        );
      case "step":
        return draw(stepProgress(event));
      case "epoch":
        draw();
        return out(`${epochLine(event)}\n`);
      case "done":
        return out(`${doneText(event)}\n`);
      case "stopped":
        draw();
        return out(`stopped after step ${event.step}; resume with: ${resuming(event.out ?? "DIR")}\n`);
      case "failed":
        draw();
        return out(
          `failed after step ${event.step}; what was saved stays in ${event.out}: remove it, or resume with: ${resuming(event.out)}\n`,
        );
    }
  };

/** Trains what the arguments ask for, and prints its events. @returns the exit code: 0, or 130 if it was stopped */
export const runTrain = async (given: Arguments, terminal: Terminal): Promise<number> => {
  const { texts, flags } = given;
  const source = await sourceIn("rangeflow train", given);
  const resume = flags.resume ?? false;
  if (flags.trust && !resume)
    throw new RangeflowFailure(
      problem("--trust", "used without --resume", "only with --resume", "leave it out"),
    );
  const numbered = texts.out === undefined && !resume;
  const out = numbered ? await defaultDirectory(source) : texts.out;
  const page = await livePage(given, terminal);
  // An experiment of a file may declare an option of that name.
  const warmUp = isBuiltIn(source) ? wholeIn(texts.warmup ?? "") || 0 : 0;
  const show = flags.json
    ? (event: TrainEvent): void => {
        if (event.event !== "step") terminal.out(`${encodeJson(event)}\n`);
      }
    : showing(terminal, warmUp, (dir) => resumingLine(dir, source, flags.trust ?? false));
  return untilStopped(async ({ isStopped }) => {
    const last = await lastValueFrom(
      train(source, {
        ...(out !== undefined && { out }),
        numbered,
        resume,
        trust: flags.trust ?? false,
        stopped: isStopped,
        ...(page && { tap: page.tap }),
      }).pipe(
        tap(show),
        page?.show ?? identity,
        tap((event) => page?.tell(event)),
      ),
    );
    return last.event === "stopped" ? 130 : 0;
  });
};
