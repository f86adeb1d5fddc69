/** Longest value, in letters, that is shown next to others. */
const short = 80;

/** Whether the value of a fact is a detail for telling runs apart, and not for reading about one: a hash, or the text of a whole network. */
export const isDetail = (value: string): boolean => value.length > short || /^[0-9a-f]{12,64}$/.test(value);
