/**
 * Whether a path matches a pattern in which `*` stands for any text, also across slashes.
 *
 * The parts between stars are looked for one after another, each as early as it comes: where that fails, no other choice succeeds.
 */
export const matches = (pattern: string, path: string): boolean => {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return path === first;
  const end = path.length - last.length;
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
};
