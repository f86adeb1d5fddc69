/** @file A choice between a few ways to draw a chart, as radio buttons in a row. */
import { element } from "./element.ts";
import type { Place } from "./look.ts";

export interface Choice<V extends string> {
  readonly value: V;
  readonly control: HTMLElement;
}

/**
 * A choice, kept in the look of the page.
 *
 * @param name of the choice, as a person reads it; choices of one name are one
 * @param first of the values, which holds until another is chosen; that in front where missing
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
