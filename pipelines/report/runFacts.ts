/** @file Facts about a run as names and values: settings that differ from the defaults, then data, host and versions. */
import { holderText } from "../files/holder.ts";
import type { ImportInfo } from "../files/importInfo.ts";
import { holderOf } from "../files/lock.ts";
import type { Identity } from "../runs/identity.ts";
import type { Provenance } from "../runs/provenance.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { defaults } from "../settings/settings.ts";

type Fact = readonly [string, string];

/** Settings that are shown even at their defaults. */
const always: readonly string[] = [
  "model",
  "data",
  "bits",
  "weightRange",
  "activationRange",
  "gradientRange",
  "epochs",
  "batch",
  "optimizer",
  "lr",
  "seed",
];

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Words of a name: `activationRange` becomes `activation range`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Values that mean that nothing was set. */
const nothing: readonly string[] = ["", "[]", "{}"];

const standard: Readonly<Record<string, unknown>> = { ...defaults };

const settingFacts = ({ from, settings }: Identity): readonly Fact[] =>
  Object.entries(settings)
    .filter(
      ([name, value]) =>
        from !== "settings" || always.includes(name) || text(value) !== text(standard[name] ?? ""),
    )
    .map(([name, value]): Fact => [words(name), text(value)])
    .filter(([, value]) => !nothing.includes(value));

/** Facts about a saved run. */
export const factsOfRun = (run: {
  readonly identity: Identity;
  readonly provenance: Provenance;
}): readonly Fact[] => {
  const { identity, provenance } = run;
  const { data, numerics, files } = identity;
  return [
    ...settingFacts(identity),
    ["training samples", String(data.train)],
    ["test samples", String(data.test)],
    ["data sha256", data.sha256],
    ...files.map(({ name, contents }): Fact => [`file ${name}`, contents["."] ?? ""]),
    ["numerics", String(numerics)],
    ["version", provenance.version],
    ["begun", provenance.date],
    ["host", provenance.host],
  ];
};

/** Facts about an imported (third-party) recording. */
export const factsOfImport = ({ format, rows, sites, made, by, files = [] }: ImportInfo): readonly Fact[] => [
  ["format", format],
  ["rows", String(rows)],
  ["sites", String(sites)],
  ...(by === undefined ? [] : [["imported by", by] as const]),
  ...(made === undefined ? [] : [["imported", made] as const]),
  ...files.flatMap(({ name, bytes, sha256 }): readonly Fact[] => [
    ["file", `${name}, ${bytes} bytes`],
    [`sha256 of ${name}`, sha256],
  ]),
];

/** The process that works on the run in a directory, if there is one. */
export const factsOfHolder = (dir: string): readonly Fact[] => {
  const holder = holderOf(homeOf(dir) ?? dir);
  return holder ? [["going on in", holderText(holder)]] : [];
};
