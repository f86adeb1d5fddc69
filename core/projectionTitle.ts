import { valuesText } from "./optionText.ts";
import type { SiteProjection } from "./siteFacts.ts";

/** Name and options of a projection as written on the command line: `luq:draws=1,levels=3`. */
export const projectionTitle = ({ name, options = {} }: Omit<SiteProjection, "follows">): string => {
  const values = valuesText(options);
  return values === "" ? name : `${name}:${values}`;
};
