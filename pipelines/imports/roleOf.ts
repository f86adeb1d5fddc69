/** @file The role of a tensor, from its name or a column of roles. */
import type { Role } from "../../core/signal.ts";

const words: Readonly<Record<Role, readonly string[]>> = {
  gradient: ["gradient", "gradients", "grad", "grads", "dgrad", "wgrad", "dx", "dw", "dy", "db"],
  weight: ["weight", "weights", "kernel", "param", "params", "parameter", "parameters", "bias"],
  activation: ["activation", "activations", "input", "inputs", "output", "outputs"],
};

/** Single letters in a column of roles. */
const letters: Readonly<Record<string, Role>> = {
  w: "weight",
  a: "activation",
  act: "activation",
  x: "activation",
  y: "activation",
  in: "activation",
  out: "activation",
  g: "gradient",
};

const names = Object.keys(words) as readonly Role[];

const rolesIn = (part: string): readonly Role[] =>
  part
    // At least two letters, so that dX is one word.
    .replace(/([a-z\d]{2})([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .flatMap((word) => names.filter((role) => words[role].includes(word)));

/** The role that several words imply: gradient if any of them does (`grad_input`), otherwise that of the last word. */
const together = (said: readonly Role[]): Role | undefined =>
  said.includes("gradient") ? "gradient" : said.at(-1);

/**
 * The role that a name implies by its last part (`conv1/input`, `conv1.weight`, `fc_grad`), by its first part before a slash
 * (`gradients/conv1.weight`), and by parts that are a word for gradients (`conv1.grad.weight`): gradient if any of these words says so,
 * otherwise that of the last word with a role. Undefined if there is none.
 */
export const roleOf = (name: string): Role | undefined => {
  const parts = name.split(/[/.]/);
  const first = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
  const gradients = parts.filter((part) => words.gradient.includes(part.toLowerCase()));
  return together([...rolesIn(first), ...gradients.flatMap(rolesIn), ...rolesIn(parts.at(-1) as string)]);
};

/** The role in a column of roles: `weight`, `W`, `dX`, `grad_input`, .. */
export const roleNamed = (word: string): Role | undefined =>
  letters[word.toLowerCase()] ?? together(rolesIn(word));
