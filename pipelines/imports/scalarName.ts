/**
 * @file Names of logged scalars that contain both site and statistic:
 *
 *     layer1.conv1/amax    weights/conv1.min    fc_activation_scale_inv_max    max/layer1.conv1
 */
import { statisticNamed } from "./columnKinds.ts";
import type { Statistic } from "./statisticBatch.ts";
import { teName } from "./teName.ts";

/** Site and statistic of a scalar. */
export interface ScalarName {
  readonly site: string;
  readonly statistic: Statistic;
  /** Factor for its values. */
  readonly factor: number;
  /** Format of a scale, if the name states it. */
  readonly format?: string;
}

/** Largest number of words of a statistic. `cur_amax` has two. */
const mostWords = 3;

const found = (site: string, name: string): ScalarName | undefined => {
  const meaning = site === "" ? undefined : statisticNamed(name);
  return meaning && { site, ...meaning };
};

/** The site and the statistic in a name; undefined if there are none. */
export const scalarName = (name: string): ScalarName | undefined => {
  const te = teName(name);
  if (te?.meaning !== undefined) return { site: te.site, ...te.meaning, format: te.format };
  const [first, last] = [name.indexOf("/"), name.lastIndexOf("/")];
  const byPath =
    first < 0
      ? undefined
      : (found(name.slice(0, last), name.slice(last + 1)) ??
        found(name.slice(first + 1), name.slice(0, first)));
  if (byPath !== undefined) return byPath;
  for (const { index } of [...name.matchAll(/[._:]/g)].reverse().slice(0, mostWords)) {
    const byWords = found(name.slice(0, index), name.slice(index + 1));
    if (byWords !== undefined) return byWords;
  }
  return undefined;
};
