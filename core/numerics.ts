/**
 * The version of our numerics: raised whenever the same settings, data and estimators give other bits than they did before, on any
 * engine. A run says which one it has, and goes on, is judged and is compared under the same one only.
 */
export const numerics: number = 2;
