/**
 * The value under a name that a user may have chosen; undefined if there is none, also for names such as `constructor`, which every object
 * inherits.
 */
export const own = <T>(values: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
