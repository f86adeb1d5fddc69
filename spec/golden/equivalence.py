"""Prints tests of equivalence of paired scores, one by one and over groups, as statsmodels and scipy compute them; see README.md."""

import json

import numpy as np
import statsmodels.api as sm
from scipy.stats import t
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired


def digits(x):
    """Twelve digits of a number."""
    return float(f"{x:.12g}")


def paired(scores, others, margin):
    a, b = np.array(scores), np.array(others)
    p, below, above = ttost_paired(a, b, -margin, margin)
    described = DescrStatsW(a - b)
    _, twosided, df = described.ttest_mean(0)
    return {
        "scores": scores,
        "others": others,
        "margin": margin,
        "p": digits(p),
        "oneSided": [digits(below[1]), digits(above[1])],
        "twoSided": digits(twosided),
        "interval": [digits(end) for end in described.tconfint_mean(0.1)],
        "degreesOfFreedom": int(df),
    }


def pooled(groups, margin):
    """Least squares with a mean for each group; the estimate is the mean of these means."""
    columns = np.concatenate([np.full(len(g), i) for i, g in enumerate(groups)])
    design = (columns[:, None] == np.arange(len(groups))).astype(float)
    fit = sm.OLS(np.concatenate(groups), design).fit()
    contrast = fit.t_test(np.full(len(groups), 1 / len(groups)))
    mean, error, df = contrast.effect[0], contrast.sd[0, 0], int(contrast.df_denom)
    p = max(t.sf((margin + mean) / error, df), t.sf((margin - mean) / error, df))
    return {
        "groups": groups,
        "margin": margin,
        "mean": digits(mean),
        "standardError": digits(error),
        "degreesOfFreedom": df,
        "twoSided": digits(contrast.pvalue),
        "interval": [digits(end) for end in contrast.conf_int(alpha=0.1)[0]],
        "p": digits(p),
    }


pairs = [
    paired([0.52, 0.54], [0.519, 0.5405], 0.005),
    paired([0.52, 0.54], [0.50, 0.53], 0.005),
    paired([0.611, 0.598, 0.604], [0.612, 0.5965, 0.6052], 0.005),
    paired([0.611, 0.598, 0.604], [0.602, 0.590, 0.597], 0.005),
    paired([31.2, 31.9, 30.8, 31.4], [31.25, 31.7, 30.9, 31.5], 0.5),
    paired([1.5, 2.5, 3.0, 2.0, 1.0, 4.0, 3.5, 2.5, 0.5, 1.0], [1.2, 2.9, 3.3, 1.5, 1.4, 3.8, 3.9, 2.0, 0.9, 0.8], 0.25),
]
together = [
    pooled([[0.002, -0.001], [0.004, 0.001], [-0.003, 0.0]], 0.005),
    pooled([[0.002, -0.001, 0.0005], [0.014, 0.011, 0.012], [-0.003, 0.0, 0.002]], 0.005),
    pooled([[0.002, -0.001, 0.0005], [0.004], [-0.003, 0.001]], 0.005),
]
quantiles = [[df, digits(t.isf(0.05, df))] for df in (1, 2, 3, 4, 5, 6, 8, 15, 26, 59)]
tails = [
    [x, df, digits(t.sf(x, df))] for df in (1, 2, 3, 6, 8, 25) for x in (-4.0, -0.03, 0.0, 0.5, 1.7, 6.5, 40.0)
]
parts = {"pairs": pairs, "pooled": together, "quantiles": quantiles, "tails": tails}
lines = [f'"{name}": [\n' + ",\n".join(json.dumps(one) for one in cases) + "\n]" for name, cases in parts.items()]
print("{\n" + ",\n".join(lines) + "\n}")
