/** Part of jStat that is used; it brings no types. */
declare module "jstat" {
  const jStat: {
    readonly mean: (values: readonly number[]) => number;
    /** Standard deviation; by n - 1 where that of a sample is asked for. */
    readonly stdev: (values: readonly number[], isSample: boolean) => number;
    readonly studentt: { readonly cdf: (t: number, degreesOfFreedom: number) => number };
  };
  export default jStat;
}
