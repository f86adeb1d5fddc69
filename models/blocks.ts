import { type Module, under } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";

/** Blocks in a row: `${name}/block1`, `${name}/block2` and so on. */
export const blocks = (name: string, count: number, block: (index: number) => Module): Module =>
  under(name, sequential(...Array.from({ length: count }, (_, i) => under(`block${i + 1}`, block(i)))));
