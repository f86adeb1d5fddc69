/**
 * What an estimator asks of a tensor that is gone, where its recording does not say it.
 *
 * It is known by its name, so that one of a second copy of this package is told as well.
 */
export class NotRecorded extends Error {
  /** What had to be recorded, as a noun: `the bits of each site`. */
  readonly needs: string;

  constructor(needs: string, message: string) {
    super(message);
    this.name = "NotRecorded";
    this.needs = needs;
  }
}

/** What is missing, if something was thrown because it was not recorded. */
export const missingIn = (error: unknown): string | undefined => {
  const { name, needs } = (error ?? {}) as Partial<NotRecorded>;
  return name === "NotRecorded" && typeof needs === "string" ? needs : undefined;
};
