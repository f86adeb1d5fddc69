/** @file Shortens the names of runs to what distinguishes them. */

/** Number of leading parts that all lists share, not counting the last part of any. */
const sharedStart = (lists: readonly (readonly string[])[]): number => {
  const most = Math.min(...lists.map(({ length }) => length)) - 1;
  let shared = 0;
  while (shared < most && lists.every((list) => list[shared] === lists[0]![shared])) shared++;
  return shared;
};

/** Lists without their common start and end. At least one part of each is kept. */
const trimmed = (lists: readonly (readonly string[])[]): readonly (readonly string[])[] => {
  const start = sharedStart(lists);
  const rest = lists.map((list) => list.slice(start));
  const end = sharedStart(rest.map((list) => list.toReversed()));
  return rest.map((list) => list.slice(0, list.length - end));
};

/** Names such as `bits=4.4.4,seed=1` without the parts that all share. The last part is kept if nothing else would be. */
const withoutShared = (names: readonly string[]): readonly string[] => {
  const lists = names.map((name) => name.split(","));
  const isShared = (part: string): boolean => lists.every((list) => list.includes(part));
  return lists.map((list) => list.filter((part) => !isShared(part)).join(",") || list.at(-1)!);
};

const tellApart = (names: readonly string[]): boolean =>
  names.every((name) => name !== "") && new Set(names).size === names.length;

/**
 * Names for the directories of runs: without common parent directories, and, for lists such as `bits=4.4.4,seed=1`, without common parts:
 * `runs/bits=4.4.4,seed=1` and `runs/bits=4.4.4,seed=2` become `seed=1` and `seed=2`. A single run gets the last part of its path;
 * duplicates of one directory keep its name.
 */
export const shortNames = (directories: readonly string[]): readonly string[] => {
  const paths = directories.map((directory) =>
    directory.split(/[/\\]+/).filter((part) => part !== "" && part !== "."),
  );
  if (paths.length === 1) return [paths[0]!.at(-1) ?? directories[0]!];
  const names = trimmed(paths).map((path) => path.join("/"));
  const shorter = withoutShared(names);
  return tellApart(shorter) ? shorter : tellApart(names) ? names : directories;
};
