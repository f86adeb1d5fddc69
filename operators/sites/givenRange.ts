import { thrownText, valueText } from "../../core/errors.ts";
import { isUsable, type Range } from "../../core/range.ts";

/** Bounds of channels as a list; an invalid one if they are not a list. */
const numbersIn = (channels: unknown): readonly number[] =>
  Array.isArray(channels) || ArrayBuffer.isView(channels)
    ? Array.from(channels as unknown as readonly number[])
    : [Number.NaN];

const copied = ({ lo, hi, channels, aux }: Range): Range => {
  if (channels === undefined && aux === undefined) return { lo, hi };
  return {
    lo,
    hi,
    ...(channels !== undefined && { channels: numbersIn(channels) }),
    ...(aux !== undefined && { aux: { ...aux } }),
  };
};

const endText = (end: unknown): string => (typeof end === "number" ? String(end) : valueText(end));

/** The value that an estimator gave, for an error. */
const textOf = (given: unknown): string =>
  typeof given === "object" && given !== null
    ? `the range [${endText((given as Range).lo)}, ${endText((given as Range).hi)}]`
    : String(given);

/** The invalid channel bound, for an error; empty if there is none. */
const channelText = ({ channels = [] }: Range): string => {
  const wrong = channels.find((bound) => !isUsable({ lo: 0, hi: bound }));
  return wrong === undefined ? "" : ` and a channel's bound ${String(wrong)}`;
};

const areNumbers = ({ lo, hi, channels }: Range): boolean =>
  typeof lo === "number" &&
  typeof hi === "number" &&
  (channels?.every((bound) => typeof bound === "number") ?? true);

/**
 * A range from an estimator, as a copy, so that later changes have no effect; or a description of what was found instead. The value
 * is read once and may be anything, e.g. a proxy or an object whose getters throw.
 */
export const givenRange = (given: unknown): Range | string => {
  try {
    if (typeof given !== "object" || given === null) return textOf(given);
    const range = copied(given as Range);
    return areNumbers(range) && isUsable(range) ? range : `${textOf(range)}${channelText(range)}`;
  } catch (error) {
    return `a range that cannot be read (${thrownText(error)})`;
  }
};
