"""Prints elementary functions of some numbers, by mpmath; see README.md."""

import json
import math

import mpmath

mpmath.mp.prec = 300


def draws(seed):
    state = seed
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield (state >> 8) / 2**23


def spread(u, bound):
    return (2 * u - 1) * bound


draw = draws(1)


def around0(bound):
    """Numbers of all sizes up to a bound."""
    return [spread(next(draw), bound) * 2.0 ** -int(40 * next(draw)) for _ in range(60)]


def within(least, most):
    return [least + (most - least) * next(draw) for _ in range(60)]


signed = around0(20) + within(-745, 709) + [1.0, -1.0, 0.5 * math.log(2), 1.5 * math.log(2), 1e-300, -40.0, 21.9, 22.1]
positive = [abs(x) for x in around0(100)] + within(0.5, 2) + [2.0**k * (1 + u) for k, u in zip(range(-1060, 1020, 35), draw)]
positive += [1 + 2.0**-40, 1 - 2.0**-30, 5e-324, 0.7071067811865476, 10.0, 1e22]
angles = around0(1) + within(0, 2 * math.pi) + within(0, 800_000) + [k * math.pi / 2 for k in range(1, 20)]
powers = [(x, spread(next(draw), 20)) for x in positive if 1e-10 < x < 1e10]
powers += [(b, float(t)) for b in (0.9, 0.999, 0.95) for t in (1, 2, 3, 7, 100, 5000, 20_000)] + [(256.0, k / 127) for k in range(1, 127, 9)]


def case(f, arguments):
    """Argument(s), the nearest float64, and what is missing to the value, in units of its last place."""
    value = f(*map(mpmath.mpf, arguments))
    nearest = float(value)
    return [*arguments, nearest, float(f"{float((value - nearest) / math.ulp(nearest)):.3g}")]


def cases(f, xs):
    found = [case(f, x if isinstance(x, tuple) else (x,)) for x in xs]
    return [c for c in found if math.isfinite(c[-2]) and abs(c[-2]) >= 2.0**-1000]


functions = {
    "exp": cases(mpmath.exp, signed),
    "expm1": cases(mpmath.expm1, signed),
    "tanh": cases(mpmath.tanh, signed),
    "cosh": cases(mpmath.cosh, signed),
    "erfc": cases(mpmath.erfc, around0(6) + within(-7, 26) + within(0, 3)),
    "log": cases(mpmath.log, positive),
    "log10": cases(lambda x: mpmath.log(x, 10), positive),
    "log1p": cases(mpmath.log1p, positive + within(-0.99, 0.5)),
    "cos": cases(mpmath.cos, angles),
    "pow": cases(lambda x, y: x**y, powers),
}

print("{\n" + ",\n".join(f'"{name}": [\n' + ",\n".join(map(json.dumps, found)) + "\n]" for name, found in functions.items()) + "\n}")
