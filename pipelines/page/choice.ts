/** @file A choice between ways to draw a chart, as radio buttons in a row. */
import { element } from "./element.ts";
import type { Place } from "./look.ts";

export interface Choice<V extends string> {
  readonly value: V;
  readonly control: HTMLElement;
}

/**
 * A choice whose value is part of the page's state.
 *
 * @param name label of the choice; choices with the same name share their value
 * @param first initial value. Default: the first one
 */
export const choice = <V extends string>(
  { look, go }: Pick<Place, "look" | "go">,
  name: string,
  values: readonly [V, ...V[]],
  first: V = values[0],
): Choice<V> => {
  const value = values.find((one) => one === look.choices[name]) ?? first;
  const button = (one: V): HTMLElement => {
    const input = element("input", { type: "radio", name, value: one });
    input.checked = one === value;
    input.addEventListener("change", () => go({ choices: { ...look.choices, [name]: one } }));
    return element("label", {}, input, one);
  };
  return {
    value,
    control: element("fieldset", { class: "choice" }, element("legend", {}, name), ...values.map(button)),
  };
};
