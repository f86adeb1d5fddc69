/** @file The role of a tensor, as its name or a column of roles tells it. */
import type { Role } from "../../core/signal.ts";

const words: Readonly<Record<Role, readonly string[]>> = {
  gradient: ["gradient", "gradients", "grad", "grads", "dgrad", "wgrad", "dx", "dw", "dy", "db"],
  weight: ["weight", "weights", "kernel", "param", "params", "parameter", "parameters", "bias"],
  activation: ["activation", "activations", "input", "inputs", "output", "outputs"],
};

/** What a column of roles may say beside these words. */
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
    // Two letters at least, so that dX is a word.
    .replace(/([a-z\d]{2})([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .flatMap((word) => names.filter((role) => words[role].includes(word)));

/** What words say together: a gradient if any of them says so (`grad_input`), else what the last one says. */
const together = (said: readonly Role[]): Role | undefined =>
  said.includes("gradient") ? "gradient" : said.at(-1);

/**
 * The role that a name tells by its last part (`conv1/input`, `conv1.weight`, `fc_grad`), by what stands in front of its first slash
 * (`gradients/conv1.weight`) and by parts that are a word for gradients (`conv1.grad.weight`): a gradient if any word of these says so, else what
 * the last one says that says anything. Undefined where none does.
 */
export const roleOf = (name: string): Role | undefined => {
  const parts = name.split(/[/.]/);
  const first = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
  const gradients = parts.filter((part) => words.gradient.includes(part.toLowerCase()));
  return together([...rolesIn(first), ...gradients.flatMap(rolesIn), ...rolesIn(parts.at(-1) as string)]);
};

/** The role that a column of roles tells: `weight`, `W`, `dX`, `grad_input`, .. */
export const roleNamed = (word: string): Role | undefined =>
  letters[word.toLowerCase()] ?? together(rolesIn(word));
