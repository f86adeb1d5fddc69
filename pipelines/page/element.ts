/** @file Makes elements of the page in one expression. Text is never parsed as markup, because names of sites and runs may contain it. */

export type Child = Node | string;

/** An element with attributes and children. */
export const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/** A table with a head. Its first column names the rows. */
export const table = (heads: readonly Child[], rows: readonly (readonly Child[])[]): HTMLTableElement =>
  element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element(
      "tbody",
      {},
      ...rows.map(([first = "", ...rest]) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, first),
          ...rest.map((cell) => element("td", {}, cell)),
        ),
      ),
    ),
  );

/** A collapsed table, which is filled when it is first opened. */
export const tableBehind = (what: string, make: () => HTMLTableElement): HTMLDetailsElement => {
  const summary = element("summary", {}, what);
  const details = element("details", { class: "numbers" }, summary);
  const fill = (): void => {
    if (details.childElementCount === 1) details.append(make());
  };
  // A click, also one by keyboard, comes before the table is shown. It is opened without a click when the page is redrawn.
  summary.addEventListener("click", fill);
  details.addEventListener("toggle", fill);
  return details;
};

/** A part of the page with a heading that links can refer to. */
export const section = (id: string, title: string, ...children: readonly Child[]): HTMLElement =>
  element(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    ...children,
  );
