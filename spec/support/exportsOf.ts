/** @file What a contents page offers, each name with where it is declared and what its doc says. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A name that is exported, as its source declares it. */
export interface Declaration {
  readonly file: string;
  /** The comment in front of it; empty without one. */
  readonly doc: string;
  /** The beginning of its source. */
  readonly text: string;
  /** False for types. */
  readonly isValue: boolean;
}

const declared = /^export (?:async )?(const|function\*?|class|interface|type) (\w+)/gm;
const passedOn = /^export (?:type )?(\*|\{[^}]*\}) from "(\.[^"]+)"/gm;

/** The doc that ends a text; comments to the linter may stand behind it. */
const docBefore = (text: string): string => {
  const front = text.replace(/(?:\n[ \t]*\/\/ biome-ignore[^\n]*)*\s*$/, "");
  return front.endsWith("*/") ? front.slice(front.lastIndexOf("/**")) : "";
};

/** The names in `{ a, type b, c as d }`, as [there, here]. */
const named = (list: string): readonly (readonly [there: string, here: string])[] =>
  list
    .slice(1, -1)
    .split(",")
    .map((part) => part.trim().replace(/^type /, ""))
    .filter((part) => part !== "")
    .map((part) => {
      const [there = "", here = there] = part.split(" as ");
      return [there, here] as const;
    });

/** The names that a file exports, those among them that it passes on. Of overloads it is the first. */
export const exportsOf = (file: string): ReadonlyMap<string, Declaration> => {
  const text = readFileSync(file, "utf8");
  const names = new Map<string, Declaration>();
  for (const { 1: kind, 2: name, index } of text.matchAll(declared))
    if (!names.has(name as string))
      names.set(name as string, {
        file,
        doc: docBefore(text.slice(0, index)),
        text: text.slice(index, index + 600),
        isValue: kind !== "interface" && kind !== "type",
      });
  for (const [, what = "", from = ""] of text.matchAll(passedOn)) {
    const others = exportsOf(join(dirname(file), from));
    if (what === "*") for (const [name, one] of others) names.set(name, names.get(name) ?? one);
    else
      for (const [there, here] of named(what)) {
        const one = others.get(there);
        if (one === undefined) throw new Error(`${file} passes on ${there}, which ${from} does not declare`);
        names.set(here, one);
      }
  }
  return names;
};

/** A member of an interface, as its source declares it. */
export interface Member {
  readonly name: string;
  /** The comment in front of it; empty without one. */
  readonly doc: string;
  /** Whether it may be left out. */
  readonly isOptional: boolean;
}

/** The members of an interface in a file, without those of interfaces that it extends. */
export const membersOf = (file: string, name: string): readonly Member[] => {
  const text = readFileSync(file, "utf8");
  const from = text.search(new RegExp(`^export interface ${name}\\b`, "m"));
  if (from < 0) throw new Error(`${file} declares no interface ${name}`);
  const body = text.slice(from, text.indexOf("\n}", from));
  return Array.from(
    body.matchAll(/^ {2}(?:readonly )?(\w+)(\?)?[:(]/gm),
    ({ 1: member, 2: mark, index }) => ({
      name: member as string,
      doc: docBefore(body.slice(0, index)),
      isOptional: mark === "?",
    }),
  );
};
