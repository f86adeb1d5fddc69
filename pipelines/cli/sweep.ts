/** @file `rangeflow sweep`: status, repair and cancellation of a study on a queue. */
import { existsSync } from "node:fs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import { expectedName } from "../../core/nearest.ts";
import { encodeJson } from "../files/json.ts";
import { openStore } from "../stores/openStore.ts";
import type { Store } from "../stores/store.ts";
import { reconcile } from "../sweeps/reconcile.ts";
import { connected } from "../sweeps/redis.ts";
import { cancel, failuresOf, isCancelled, queued, studyIn, studyState, uncancel } from "../sweeps/study.ts";
import { type SweepQueue, sweepQueue } from "../sweeps/sweepQueue.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { operandIn } from "./operand.ts";
import { queueOption } from "./queueOption.ts";

const actions = ["status", "rebuild", "cancel"] as const;

const options: readonly Option[] = [
  queueOption,
  { name: "out", kind: "text", value: "PLACE", path: "directory", help: "directory or store of the study" },
  jsonOption,
];

interface Sweep {
  readonly store: Store;
  readonly study: string;
  readonly queue: SweepQueue | undefined;
}

/** The result of an action, as an object for --json and as text. */
interface Answer {
  readonly event: object;
  readonly text: string;
}

const status = async ({ store, study, queue }: Sweep): Promise<Answer> => {
  const { jobs, done, failed, left } = await studyState(store, new Map());
  const [failures, cancelled] = [await failuresOf(store, failed), await isCancelled(store)];
  const queuedNow = queue && {
    active: await queue.active(study),
    machines: await queue.machines(),
    refusals: await queue.refusals(study),
    ...{ counts: await queue.counts() },
  };
  const lines = [
    `${counted(jobs.length, "run")}: ${done.length} done, ${failed.length} failed, ${left.length} left${cancelled ? "; cancelled" : ""}`,
    ...[...failures.values()].map(({ name, message }) => `failed: ${name}: ${message}`),
    ...(queuedNow === undefined
      ? []
      : [
          `${counted(queuedNow.machines.length, "worker")}; queue of all studies: ${queuedNow.counts.waiting} waiting, ${queuedNow.counts.active} active`,
          ...queuedNow.active.map(
            ({ job, machine, share }) => `${job}: ${Math.round(100 * share)} %${machine && ` on ${machine}`}`,
          ),
          ...queuedNow.refusals.map(({ machine, why }) => `${machine} has returned runs: ${why}`),
        ]),
  ];
  return {
    event: {
      event: "sweep",
      ...{ study, runs: jobs.length, done: done.length, left: left.length, cancelled },
      failed: [...failures].map(([job, { name, message }]) => ({ job, run: name, message })),
      ...queuedNow,
    },
    text: lines.join("\n"),
  };
};

const rebuilt = async ({ store, study, queue }: Sweep): Promise<Answer> => {
  await uncancel(store);
  const offered = await reconcile(store, queue as SweepQueue, study);
  return {
    event: { event: "rebuilt", study, offered },
    text: `${counted(offered, "run")} missing from the queue added again`,
  };
};

const cancelled = async ({ store, study, queue }: Sweep): Promise<Answer> => {
  await cancel(store);
  const { left } = await studyState(store, new Map());
  await queue?.withdraw(queued(study, store, left)).catch(() => {});
  return {
    event: { event: "cancelled", study, left: left.length },
    text: `cancelled; ${counted(left.length, "run")} left, which the same rangeflow compare command resumes`,
  };
};

const run = async (given: Arguments, { out, err }: Terminal): Promise<number> => {
  const { texts, flags } = given;
  const action = operandIn(given, {
    ...{ command: "sweep", what: "action" },
    ...{ expected: `one of ${actions.join(", ")}`, usage: `${actions.join("|")} --out PLACE` },
  });
  const known = actions.find((one) => one === action);
  if (known === undefined)
    throw new RangeflowFailure(problem("rangeflow sweep", `"${action}"`, expectedName(action, actions)));
  if (texts.out === undefined)
    throw new RangeflowFailure(
      problem(`rangeflow sweep ${known}`, "no --out", "the directory or store of the study: --out PLACE"),
    );
  if (!texts.out.includes("://") && !existsSync(texts.out))
    throw new RangeflowFailure(
      problem("--out", `no ${texts.out}`, "the directory of a study", "check the path"),
    );
  if (known === "rebuild" && texts.queue === undefined)
    throw new RangeflowFailure(
      problem("rangeflow sweep rebuild", "no --queue", "the queue to fill: --queue redis://HOST"),
    );
  const store = await openStore(texts.out);
  const study = await studyIn(store);
  if (study === undefined)
    throw new RangeflowFailure(
      problem(
        texts.out,
        "no study planned for other machines",
        "a study planned by rangeflow compare --queue or --emit",
        "plan it with one of them",
      ),
    );
  const queue =
    texts.queue === undefined
      ? undefined
      : sweepQueue(await connected(texts.queue), (sentence) => err(`${sentence}\n`));
  try {
    const acting = { status, rebuild: rebuilt, cancel: cancelled }[known];
    const { event, text } = await acting({ store, study, queue });
    out(`${flags.json ? encodeJson(event) : text}\n`);
    return 0;
  } finally {
    await queue?.close();
  }
};

export const sweepCommand: Command = {
  usage: "status|rebuild|cancel --out PLACE [--queue URL]",
  details:
    "status: progress of a study from its store, and with --queue its workers. rebuild: refills a queue that has lost its runs, from the store. cancel: stops the runs in training and removes the others from the queue; finished runs stay.",
  operands: ["ACTION"],
  operandValues: { values: actions },
  options,
  run,
};
