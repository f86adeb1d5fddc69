/** @file Convolutions: integers against Rangeflow's own float32 and against peers, forward and backward, one shape after another. */
import type { Engine } from "../../core/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { weightShape } from "../../core/shape.ts";
import { elements, inMemory, type QTensor, sizeOf } from "../../core/tensor.ts";
import { compared, geometricMeans, type Named } from "./comparison.ts";
import type { Contestant } from "./contest.ts";
import { type ConvCase, convCases } from "./convCases.ts";
import { agrees, checkAgainstReference, inSmall, ofWidths } from "./convCheck.ts";
import { type ConvProblem, convProblem, type ProductName, productNames, workOf } from "./convProblem.ts";
import type { Group, Surroundings } from "./group.ts";
import { leftBehind, ran, type Work } from "./operands.ts";
import type { ConvTask, Peer, PeerCodes, PeerConv } from "./peers.ts";
import type { Row } from "./row.ts";

/** Turns are short, so there can be many. More turns reduce the effect of other load. */
const roundsOf = ({ quick }: Surroundings): number => (quick ? 9 : 15);

const ourName = "rangeflow simd";

const numberOf = (bits: number): string => (bits === 32 ? "float32" : `int${bits}`);

/** Rangeflow's contestants: `rangeflow simd float32 forward`. */
const ours = (product: ProductName, bits: number): string => `${ourName} ${numberOf(bits)} ${product}`;

const peerCodes = ({ codes, params }: QTensor): PeerCodes => ({
  codes: elements(inMemory(codes)),
  scale: params.scale[0] as number,
  zeroPoint: params.zeroPoint[0] as number,
});

const taskOf = (problem: ConvProblem, product: ProductName, bits: number, { sinks }: Work): ConvTask => {
  const { x, w } = problem.integers(8);
  const grid = sinks.quantize?.params;
  return {
    ...problem.sizes,
    product,
    number: bits === 32 ? "float32" : "int8",
    wShape: weightShape(problem.sizes.conv),
    x: elements(inMemory(problem.floats.x)),
    w: elements(inMemory(problem.floats.w)),
    dy: elements(inMemory(problem.floats.dy)),
    codes: {
      x: peerCodes(x),
      w: peerCodes(w),
      y: { scale: grid?.scale[0] ?? 1, zeroPoint: grid?.zeroPoint[0] ?? 0 },
    },
  };
};

/** One product of one convolution, in one number format, small for comparing results and full-size for timing. */
interface Trial {
  readonly product: ProductName;
  readonly bits: number;
  readonly engine: Engine;
  readonly small: ConvProblem;
  readonly full: ConvProblem;
}

/** Factor by which a first run may be slower than later ones. */
const coldness = 4;

/** A peer's product that computes the same; undefined if it cannot, computes something else, or would take too long. */
const entered = async (
  peer: Peer,
  { product, bits, engine, small, full }: Trial,
  { note, now }: Surroundings,
  mostTurn: number,
): Promise<PeerConv | undefined> => {
  if (peer.conv === undefined) return undefined;
  try {
    const work = workOf(engine, small, product, bits);
    const expected = leftBehind(ran(engine, work)).slice();
    const found = await peer.conv(taskOf(small, product, bits, work));
    if (found === undefined) return undefined;
    const isSame = agrees(expected, await found.result());
    const began = now();
    await found.run();
    const expectedTurn = ((now() - began) * sizeOf(full.sizes.output)) / sizeOf(small.sizes.output);
    await found.close();
    if (isSame && expectedTurn <= coldness * mostTurn)
      return await peer.conv(taskOf(full, product, bits, workOf(engine, full, product, bits)));
    note(
      `${found.name} ${product} is left out: ${isSame ? `it would take ${(expectedTurn / 1000).toFixed(1)} s` : "its result is another one"}`,
    );
  } catch (error) {
    note(`${peer.name} ${product} is left out: ${String(error).split("\n")[0]}`);
  }
  return undefined;
};

interface Entry {
  readonly product: ProductName;
  readonly bits: number;
  readonly own: Contestant;
  readonly peers: readonly PeerConv[];
}

const entryOf = async (trial: Trial, surroundings: Surroundings, mostTurn: number): Promise<Entry> => {
  const { product, bits, engine, full } = trial;
  const work = workOf(engine, full, product, bits);
  const peers: PeerConv[] = [];
  for (const peer of bits === 4 ? [] : surroundings.peers) {
    const found = await entered(peer, trial, surroundings, mostTurn);
    if (found !== undefined) peers.push({ ...found, name: `${found.name} ${product}` });
  }
  const run = (): void => {
    ran(engine, work);
  };
  return { product, bits, own: { name: ours(product, bits), run }, peers };
};

/** Rivals of each contestant: peers, its own float32 and wider integers, and, for backward products, forward. */
const rivalsOf = ({ product, bits, peers }: Entry, entries: readonly Entry[]): readonly Named[] => {
  const shownPeers = (found: readonly PeerConv[]): readonly Named[] =>
    found.map(({ name }) => ({ name, shown: name.replace(` ${product}`, "") }));
  const floats = entries.find((other) => other.product === product && other.bits === 32);
  const own = (width: number, of = product): Named => ({
    name: ours(of, width),
    shown: `${ourName} ${of === product ? "" : `${of} `}${numberOf(width)}`,
  });
  return [
    ...shownPeers(peers),
    ...(bits === 8 ? [own(32), ...shownPeers(floats?.peers ?? [])] : []),
    ...(bits === 4 ? [own(8)] : []),
    ...(bits === 8 && product !== "forward" ? [own(8, "forward")] : []),
  ];
};

const rowsOfCase = async (convCase: ConvCase, surroundings: Surroundings): Promise<readonly Row[]> => {
  const widths = surroundings.quick ? [8, 32] : [8, 4, 32];
  checkAgainstReference(convCase.name, convCase, ofWidths(widths));
  const engine = simd({ bytes: 2 ** 30, threads: surroundings.threads });
  const small = convProblem(engine, inSmall(convCase));
  const full = convProblem(engine, convCase);
  const mostTurn = surroundings.quick ? 60 : 400;
  const entries: Entry[] = [];
  for (const product of productNames)
    for (const bits of widths)
      entries.push(await entryOf({ product, bits, engine, small, full }, surroundings, mostTurn));
  const times = await surroundings.contest(
    entries.flatMap(({ own, peers }) => [own, ...peers]),
    { mostTurn, rounds: roundsOf(surroundings), leastWarmUp: 50 },
  );
  for (const { peers } of entries) for (const peer of peers) await peer.close();
  engine.dispose();
  return entries.flatMap((entry) =>
    compared(
      {
        group: "conv",
        case: `${convCase.name} ${entry.product} ${numberOf(entry.bits)}`,
        amount: convCase.gop,
        unit: "GOP/s",
      },
      times,
      { name: entry.own.name, shown: ourName },
      rivalsOf(entry, entries),
    ),
  );
};

/** `forward int8` of `3x3 64-64 28x28 b8 forward int8`. */
const kindOf = (row: Row): string => row.case.split(" ").slice(-2).join(" ");

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  const all: Row[] = [];
  for (const convCase of convCases.filter(({ isQuick }) => isQuick || !surroundings.quick)) {
    const rows = await rowsOfCase(convCase, surroundings);
    all.push(...rows);
    yield* rows;
  }
  yield* geometricMeans(all, kindOf);
}

export const conv: Group = {
  name: "conv",
  about: "convolutions forward and backward, against float32 and peers",
  run,
};
