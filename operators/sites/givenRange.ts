import { thrownText, valueText } from "../../core/errors.ts";
import { isUsable, type Range } from "../../core/range.ts";

/** Bounds of channels as a list; one that is none where they are no list. */
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

/** Whatever an estimator gave, for a sentence. */
const textOf = (given: unknown): string =>
  typeof given === "object" && given !== null
    ? `the range [${endText((given as Range).lo)}, ${endText((given as Range).hi)}]`
    : String(given);

/** The fault of bounds of channels, for a sentence; empty if there is none. */
const channelText = ({ channels = [] }: Range): string => {
  const wrong = channels.find((bound) => !isUsable({ lo: 0, hi: bound }));
  return wrong === undefined ? "" : ` and a channel's bound ${String(wrong)}`;
};

const areNumbers = ({ lo, hi, channels }: Range): boolean =>
  typeof lo === "number" &&
  typeof hi === "number" &&
  (channels?.every((bound) => typeof bound === "number") ?? true);

/**
 * Answer of an estimator: a range, as a copy, so that nobody changes it later; or what was found instead, for a sentence. It is read once
 * and may be anything: a proxy, an object whose getters throw.
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
