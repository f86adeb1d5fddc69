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

const docBefore = (text: string): string => {
  const front = text.trimEnd();
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
