import { exp } from "./exp.ts";
import { leading } from "./float64.ts";

/** p[0] + p[1] x + p[2] x^2 + .. */
const polynomial = (p: readonly number[], x: number): number => {
  let sum = 0;
  for (let i = p.length - 1; i >= 0; i--) sum = p[i]! + x * sum;
  return sum;
};

/** A quotient of two polynomials, as good an approximation as float64 can tell. */
const quotient = (of: readonly number[], by: readonly number[]) => (x: number) =>
  polynomial(of, x) / polynomial(by, x);

/** erf(x) / x - 1, of x^2; for |x| up to 0.84375. */
const near0 = quotient(
  [
    0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442,
    -0.000023763016656650163,
  ],
  [
    1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164,
    -0.000003960228278775368,
  ],
);

/** About erf(1), and erf(x) less that, of |x| - 1; for |x| up to 1.25. */
const atOne = 0.8450629115104675;
const near1 = quotient(
  [
    -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175,
    -0.11089469428239668, 0.035478304325618236, -0.002166375594868791,
  ],
  [
    1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905,
    0.011984499846799107,
  ],
);

/** log(x exp(x^2) erfc(x)) + 0.5625, of 1 / x^2; for |x| up to 20/7. */
const far = quotient(
  [
    -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347,
    -184.60509290671104, -81.2874355063066, -9.814329344169145,
  ],
  [
    1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783,
    108.63500554177944, 6.570249770319282, -0.0604244152148581,
  ],
);

/** The same beyond. */
const farther = quotient(
  [
    -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896,
    -1025.0951316110772, -483.5191916086514,
  ],
  [
    1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644,
    474.52854120695537, -22.44095244658582,
  ],
);

/** erfc(x) for x from 1.25 to 28. */
const tail = (x: number): number => {
  const inverse = 1 / (x * x);
  const log = x < 20 / 7 ? far(inverse) : farther(inverse);
  // exp(-x^2) in two factors: the square of the leading bits of x is exact
  const z = leading(x);
  return (exp(-z * z - 0.5625) * exp((z - x) * (z + x) + log)) / x;
};

/**
 * Complementary error function, 1 - erf(x), with an error below 2 units in the last place; the same bits on every machine.
 *
 * @see fdlibm 5.3, s_erf.c (Sun Microsystems 1993): method and coefficients
 */
export const erfc = (x: number): number => {
  const size = Math.abs(x);
  if (size < 0.84375) {
    const past = x * near0(x * x);
    return x < 0.25 ? 1 - (x + past) : 0.5 - (past + (x - 0.5));
  }
  if (size < 1.25) {
    const past = near1(size - 1);
    return x > 0 ? 1 - atOne - past : 1 + (atOne + past);
  }
  if (Number.isNaN(x)) return x;
  if (size >= 28 || x < -6) return x > 0 ? 0 : 2;
  return x > 0 ? tail(x) : 2 - tail(size);
};
