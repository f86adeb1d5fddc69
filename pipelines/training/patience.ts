import { throwError, timeout } from "rxjs";
import type { Scope } from "../../operators/module/module.ts";

/** Fails when a late answer does not come in time; the site adds where, at which step, and which estimator. */
export const patienceOf =
  (seconds: number): Scope["patience"] =>
  (answer$) =>
    answer$.pipe(
      timeout({
        first: 1000 * seconds,
        with: () => throwError(() => new Error(`none within ${seconds} s, the limit that --patience sets`)),
      }),
    );
