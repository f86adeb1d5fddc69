/**
 * Version of the numerics, increased whenever the same settings, data and estimators give other bits than before on any
 * engine. Runs record it, and are resumed, evaluated and compared under the same version only.
 */
export const numerics: number = 2;
