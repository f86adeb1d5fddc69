/** @file Whose code the processor executes: samples of the running function, by the file it comes from. */
import { Session } from "node:inspector/promises";

/** The part of a CPU profile that is read here. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples?: readonly number[] | undefined;
  /** Microseconds between a sample and the previous one. */
  readonly timeDeltas?: readonly number[] | undefined;
}

export type Owner =
  | "WebAssembly"
  | "RxJS"
  | "Rangeflow's JavaScript"
  | "garbage collector"
  | "the bench, Node and V8";

const ownerOf = ({ functionName, url }: Profile["nodes"][number]["callFrame"]): Owner => {
  if (functionName === "(garbage collector)") return "garbage collector";
  if (url.startsWith("wasm:")) return "WebAssembly";
  if (url.includes("/node_modules/rxjs/")) return "RxJS";
  if (/\/(core|quantizers|operators|models)\/[^:]*\.js$/.test(url)) return "Rangeflow's JavaScript";
  return "the bench, Node and V8";
};

/** Starting and stopping a profile takes time, which is not part of what is profiled. */
const isOfProfiler = ({ functionName, url }: Profile["nodes"][number]["callFrame"]): boolean =>
  url.startsWith("node:inspector") || (functionName === "dispatch" && url === "");

/** Milliseconds by owner of the innermost function. Inlined code counts where it was written. */
export const timeByOwner = ({
  nodes,
  samples = [],
  timeDeltas = [],
}: Profile): ReadonlyMap<Owner, number> => {
  const owners = new Map(
    nodes
      .filter(({ callFrame }) => !isOfProfiler(callFrame))
      .map(({ id, callFrame }) => [id, ownerOf(callFrame)]),
  );
  const times = new Map<Owner, number>();
  samples.forEach((id, i) => {
    const owner = owners.get(id);
    if (owner !== undefined) times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  });
  return times;
};

const microsecondsBetweenSamples = 100;

/** Profiles each call of `work`. */
export const openProfiler = async (): Promise<{
  readonly profiled: (work: () => void) => Promise<Profile>;
  readonly close: () => void;
}> => {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: microsecondsBetweenSamples });
  return {
    profiled: async (work) => {
      await session.post("Profiler.start");
      work();
      return (await session.post("Profiler.stop")).profile;
    },
    close: () => session.disconnect(),
  };
};
