/**
 * Error for a question about a tensor that is gone and whose recording does not contain the answer.
 *
 * Recognized by its name, so that one from a second copy of this package is recognized too.
 */
export class NotRecorded extends Error {
  /** What would have had to be recorded, as a noun: `the bits of each site`. */
  readonly needs: string;

  constructor(needs: string, message: string) {
    super(message);
    this.name = "NotRecorded";
    this.needs = needs;
  }
}

/** What was not recorded, if an error is a `NotRecorded`; otherwise `undefined`. */
export const missingIn = (error: unknown): string | undefined => {
  const { name, needs } = (error ?? {}) as Partial<NotRecorded>;
  return name === "NotRecorded" && typeof needs === "string" ? needs : undefined;
};
