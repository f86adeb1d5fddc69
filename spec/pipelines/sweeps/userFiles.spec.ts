/** @file Code of a user's own that travels with jobs. */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { userFile } from "../../../pipelines/settings/userFiles.ts";
import { directoryDocuments } from "../../../pipelines/stores/directoryDocuments.ts";
import { carriedPlaces, carry } from "../../../pipelines/sweeps/carriedFiles.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { dismissed, endAll, planned, quick, started, weightsIn, worker } from "./processes.ts";
import { hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("code that travels with jobs");
const test = hasRedis ? suiteOf : suiteOf.skip;
let server: RedisServer;
suiteOf.before(async () => {
  if (hasRedis) server = await redisServer();
});
suiteOf.after(async () => {
  endAll();
  await server?.close();
});

const experimentText = `import { crossEntropy, experiment, glyphs } from "rangeflow";
import { lenet5 } from "rangeflow/models";
import { size } from "../shared/size.ts";
export default experiment({
  network: lenet5({ classes: 10 }), data: glyphs({ train: size, test: 16 }), loss: crossEntropy(), epochs: 1, batch: 16,
});
`;
const estimatorText = `import { absMax, estimate, observedRange } from "rangeflow";
import { factor } from "../shared/factor.ts";
export default estimate({
  init: 0, step: (_last, stat) => factor * absMax(observedRange(stat)), read: (last) => ({ lo: -last, hi: last }),
});
`;

/** A place with an experiment and an estimator below \`work\`, and what they import beside it. */
const home = (): string => {
  const top = scratch();
  for (const [path, text] of [
    ["work/mine.ts", experimentText],
    ["work/wide.ts", estimatorText],
    ["shared/size.ts", "export const size: number = 48;\n"],
    ["shared/factor.ts", "export const factor: number = 1.25;\n"],
  ] as const) {
    mkdirSync(join(top, path, ".."), { recursive: true });
    writeFileSync(join(top, path), text);
  }
  return join(top, "work");
};

/** Directories in which files of jobs lie on this machine. */
const places = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith("rangeflow-files-"));

const studies = {
  "an experiment": [
    "./mine.ts",
    "--grid",
    "bits=8/8/8",
    "--seeds",
    "1",
    "--engine",
    "simd",
    "--threads",
    "1",
  ],
  "an estimator": ["--grid", "gradient-range=./wide.ts", "--seeds", "1", ...quick()],
};

for (const [what, args] of Object.entries(studies))
  test(`${what} by file, with what it imports: refused without --trust, the same weights with it, and the same copies`, async () => {
    const cwd = home();
    assert.equal(await started(["compare", ...args, "--out", "local"], { cwd }).ended, { code: 0, err: "" });
    const following = planned(server.url, "study", args, { cwd });
    await following.hears("study");
    const before = places();
    // Nothing of it lies where the workers are.
    for (const name of ["mine.ts", "wide.ts", "../shared"]) rmSync(join(cwd, name), { recursive: true });
    const wary = worker(server.url);
    assert.match(
      (await wary.hears("refused")).why as string,
      /^work: a job with code of a user's own \(.*work\/(mine|wide)\.ts.*shared\/(size|factor)\.ts.*\), expected jobs of built-in experiments; start the worker with --trust if you trust whoever fills the queue\.$/,
    );
    await dismissed(wary);
    const trusting = worker(server.url, ["--trust"]);
    assert.equal(await following.ended, { code: 0, err: "" });
    const expected = weightsIn(join(cwd, "local"));
    assert.is(Object.keys(expected).length, 1);
    assert.equal(weightsIn(join(cwd, "study")), expected);
    const [run = ""] = Object.keys(expected);
    const kept = (study: string): readonly string[] =>
      readdirSync(join(cwd, study, run, "code"), { recursive: true })
        .map(String)
        .sort();
    assert.is(kept("local").length, 4, "two directories with a file in each");
    assert.equal(kept("study"), kept("local"), "its copies are committed with it");
    await dismissed(trusting);
    assert.equal(places(), before);
  });

suiteOf("weights travel byte by byte, and are no code", async () => {
  const top = scratch();
  const path = join(top, "w.safetensors");
  const bytes = Uint8Array.from({ length: 999 }, (_, i) => (i * 37) % 256);
  writeFileSync(path, bytes);
  const documents = directoryDocuments(join(top, "store"));
  const carried = await carry(documents, [userFile("w.safetensors", path)!], new Set(), "--queue");
  const laid = carriedPlaces();
  const place = await laid.of(documents, carried);
  const lies = carried.files[0]!.path;
  assert.equal(new Uint8Array(readFileSync(resolve(place, relative(carried.cwd, lies)))), bytes);
  laid.close();
});

test("files that were changed in the store are refused", async () => {
  const cwd = home();
  const following = planned(server.url, "study", studies["an estimator"], { cwd });
  await following.hears("study");
  const documents = directoryDocuments(join(cwd, "study"));
  const names = await documents.list("files");
  assert.is(names.length, 2);
  for (const name of names) await documents.write("files", name, "export default () => {};");
  const trusting = worker(server.url, ["--trust"]);
  assert.match(
    (await trusting.hears("refused")).why as string,
    /^files of a job: other contents of \S+, expected those of sha256 [0-9a-f]{8}; plan the study again\.$/,
  );
  await dismissed(trusting);
  following.child.kill("SIGINT");
  await following.ended;
  await started(["sweep", "cancel", "--out", "study", "--queue", server.url], { cwd }).ended;
});

suiteOf("a file that is no text comes back as it was", async () => {
  const cwd = home();
  const bytes = Buffer.from([0xff, 0, 0x80, 10]);
  writeFileSync(join(cwd, "data.bin"), bytes);
  writeFileSync(join(cwd, "mine.ts"), 'export const data = "./data.bin";');
  const documents = directoryDocuments(scratch());
  const mine = userFile("./mine.ts", relative(process.cwd(), join(cwd, "mine.ts")))!;
  const carried = await carry(documents, [mine], new Set(), "--queue");
  const laidOut = carriedPlaces();
  const place = await laidOut.of(documents, carried);
  const { path } = carried.files.find(({ path }) => path.endsWith("data.bin"))!;
  const top = place.slice(0, place.length - (carried.cwd === "." ? 0 : carried.cwd.length + 1));
  assert.equal(readFileSync(join(top, path)), bytes);
  laidOut.close();
});

suiteOf("a file that is too large to travel is refused", async () => {
  const cwd = home();
  writeFileSync(join(cwd, "data.bin"), "");
  truncateSync(join(cwd, "data.bin"), 5e8);
  writeFileSync(join(cwd, "mine.ts"), 'export const data = "./data.bin";');
  const mine = userFile("./mine.ts", relative(process.cwd(), join(cwd, "mine.ts")))!;
  assert.match(
    await failureOf(carry(directoryDocuments(scratch()), [mine], new Set(), "--queue")),
    /^--queue: the file .*data\.bin of 500 MB, expected files of at most 400 MB, which travel with jobs; train on this machine\.$/,
  );
});

test("an absolute path is refused where the study is planned", async () => {
  const cwd = home();
  const args = ["--grid", `gradient-range=${join(cwd, "wide.ts")}`, "--seeds", "1", ...quick()];
  const { code, err } = await planned(server.url, "study", args, { cwd }).ended;
  assert.is(code, 2);
  assert.match(
    err,
    /--queue: the file \/\S+ by an absolute path, expected a path relative to the working directory/,
  );
});

suiteOf("a path that leaves its directory is refused before anything is written", async () => {
  const before = places();
  const documents = directoryDocuments(scratch());
  const sha256 = "0".repeat(64);
  const asked = [
    { cwd: ".", files: [{ path: "../x", sha256 }] },
    { cwd: ".", files: [{ path: "a/../../x", sha256 }] },
    { cwd: ".", files: [{ path: "a\\..\\..\\x", sha256 }] },
    { cwd: ".", files: [{ path: "/etc/x", sha256 }] },
    { cwd: "..", files: [] },
  ];
  for (const carried of asked)
    await carriedPlaces()
      .of(documents, carried)
      .then(
        () => assert.unreachable(),
        (error) => {
          assert.instance(error, RangeflowFailure);
          assert.match(
            error.message,
            /^files of a job: the path .*, expected one below its directory; plan the study again\.$/,
          );
        },
      );
  assert.equal(places(), before);
});

suiteOf.run();
