const barWidth = 24;

/** `[######..................]` */
export const bar = (share: number): string => {
  const full = Math.round(share * barWidth);
  return `[${"#".repeat(full)}${".".repeat(barWidth - full)}]`;
};
